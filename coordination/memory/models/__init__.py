"""Knowledge bases with their sources, documents and passages; what was remembered; and which runs used it."""

from coordination.memory.models.entry import MemoryEntry, MemoryVersion, Namespace
from coordination.memory.models.knowledge import Classification, Document, KnowledgeBase, Passage
from coordination.memory.models.source import OPEN_SOURCES, KnowledgeSource, SourceKind, SourcePart, SourceStatus
from coordination.memory.models.use import MemoryUse, UseKind

__all__ = [
    "OPEN_SOURCES",
    "Classification",
    "Document",
    "KnowledgeBase",
    "KnowledgeSource",
    "MemoryEntry",
    "MemoryUse",
    "MemoryVersion",
    "Namespace",
    "Passage",
    "SourceKind",
    "SourcePart",
    "SourceStatus",
    "UseKind",
]
