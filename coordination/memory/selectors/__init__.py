"""What is known and remembered, where, and who used it."""

from coordination.memory.results import Hit, LabelledExamples
from coordination.memory.selectors.finding import labelled_examples, search, search_in
from coordination.memory.selectors.knowledge import (
    all_documents,
    document,
    documents,
    knowledge_base_for,
    knowledge_base_named,
    knowledge_bases,
    knowledge_bases_for,
    manifest_of,
    passages,
    with_counts,
)
from coordination.memory.selectors.remembered import (
    conversation,
    entries_written_by,
    entries_written_in,
    entry,
    lasting,
    recall,
    remembered,
)
from coordination.memory.selectors.sources import content_of, source, sources
from coordination.memory.selectors.uses import Reader, readers_of, runs_that_used, tainted_reads

__all__ = [
    "Hit",
    "LabelledExamples",
    "Reader",
    "all_documents",
    "content_of",
    "conversation",
    "document",
    "documents",
    "entries_written_by",
    "entries_written_in",
    "entry",
    "knowledge_base_for",
    "knowledge_base_named",
    "knowledge_bases",
    "knowledge_bases_for",
    "labelled_examples",
    "lasting",
    "manifest_of",
    "passages",
    "readers_of",
    "recall",
    "remembered",
    "runs_that_used",
    "search",
    "search_in",
    "source",
    "sources",
    "tainted_reads",
    "with_counts",
]
