"""What changes about knowledge and memory."""

from coordination.memory.manifest import DocumentInput
from coordination.memory.services.documents import put_documents, remove_documents
from coordination.memory.services.indexing import index_source
from coordination.memory.services.knowledge import (
    remove_knowledge_base,
    save_knowledge_base,
    set_reading,
)
from coordination.memory.services.looking import look_after_sources
from coordination.memory.services.quarantining import (
    quarantine_documents,
    quarantine_source,
    release_documents,
    release_source,
)
from coordination.memory.services.remembering import forget, forget_expired, remember
from coordination.memory.services.rolling_back import (
    Rollback,
    plan_rollback,
    quarantine_memory,
    release_memory,
    restore_version,
    roll_back,
)
from coordination.memory.services.sources import MOST_BYTES, add_page, reindex, remove_source, upload
from coordination.memory.services.using import Used, note_uses

__all__ = [
    "MOST_BYTES",
    "DocumentInput",
    "Rollback",
    "Used",
    "add_page",
    "forget",
    "forget_expired",
    "index_source",
    "look_after_sources",
    "note_uses",
    "plan_rollback",
    "put_documents",
    "quarantine_documents",
    "quarantine_memory",
    "quarantine_source",
    "reindex",
    "release_documents",
    "release_memory",
    "release_source",
    "remember",
    "remove_documents",
    "remove_knowledge_base",
    "remove_source",
    "restore_version",
    "roll_back",
    "save_knowledge_base",
    "set_reading",
    "upload",
]
