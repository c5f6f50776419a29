"""What is known and remembered, and where."""

import threading
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.engine.manifest import Manifest, Metadata
from coordination.memory.embedding import DIMENSIONS, MINILM
from coordination.memory.errors import KnowledgeBaseUnknown
from coordination.memory.models import Document, KnowledgeBase, MemoryEntry, Passage
from coordination.memory.ranking import ranked
from coordination.memory.results import Hit, LabelledExamples

__all__ = [
    "Hit",
    "LabelledExamples",
    "documents",
    "knowledge_base_named",
    "knowledge_bases",
    "labelled_examples",
    "manifest_of",
    "recall",
    "remembered",
    "search",
]


def knowledge_bases(organization: Organization) -> QuerySet[KnowledgeBase]:
    """Return the organization's knowledge bases by name."""
    return KnowledgeBase.objects.filter(organization=organization).order_by("name")


def knowledge_base_named(organization: Organization, name: str) -> KnowledgeBase:
    """Return one knowledge base; raises KnowledgeBaseUnknown."""
    base = KnowledgeBase.objects.filter(organization=organization, name=name).first()
    if base is None:
        raise KnowledgeBaseUnknown(name=name)
    return base


def documents(base: KnowledgeBase) -> QuerySet[Document]:
    """Return the documents of a knowledge base by key."""
    return Document.objects.filter(knowledge_base=base).order_by("key")


def manifest_of(base: KnowledgeBase) -> Manifest:
    """Return the manifest that would make this knowledge base again."""
    fields = ("key", "title", "text", "label", "links", "classification")
    listed: list[dict[str, Any]] = [
        {name: value for name, value in row.items() if value not in ("", [])} for row in documents(base).values(*fields)
    ]
    return Manifest(
        kind="KnowledgeBase",
        metadata=Metadata(name=base.name, title=base.title, description=base.description, labels=base.labels),
        spec={"documents": listed},
    )


def search(
    organization: Organization,
    knowledge_base: str,
    query: str,
    *,
    k: int = 10,
    follow_links: bool = True,
    classifications: list[str] | None = None,
) -> list[Hit]:
    """Return the best passage of each of the k best documents, best first; raises KnowledgeBaseUnknown.

    `classifications` limits what may be found; None finds everything.
    """
    base = knowledge_base_named(organization, knowledge_base)
    if not query.strip() or not base.n_passages or k < 1:
        return []
    return ranked(base, query, k, follow_links, classifications)


def labelled_examples(organization: Organization, knowledge_base: str) -> LabelledExamples:
    """Return every example of a knowledge base; raises KnowledgeBaseUnknown."""
    base = knowledge_base_named(organization, knowledge_base)
    # One reader at a time: ten threads that start together must not each read ten thousand vectors.
    with _reading:
        return _examples_at(base.pk, base.revision)


def recall(organization: Organization, run_id: UUID | None, key: str, scope: str = "") -> MemoryEntry | None:
    """Return what was written under a key in a run, or in the organization without one."""
    return MemoryEntry.objects.filter(organization=organization, run_id=run_id, scope=scope, key=key).first()


def remembered(organization: Organization, run_id: UUID | None = None) -> QuerySet[MemoryEntry]:
    """Return everything written in a run, or in the organization without one, by key."""
    return MemoryEntry.objects.filter(organization=organization, run_id=run_id).order_by("scope", "key")


_reading = threading.Lock()


@lru_cache(maxsize=8)
def _examples_at(base_id: UUID, revision: int) -> LabelledExamples:
    rows = (
        Passage.objects.filter(knowledge_base_id=base_id, embedding__isnull=False)
        .exclude(document__label="")
        .order_by("document__key", "position")
        .values_list("text", "document__label", "embedding", "document__classification")
    )
    found = list(rows)
    vectors = np.array([vector for _, _, vector, _ in found], dtype=np.float32)
    return LabelledExamples(
        revision=f"{base_id}@{revision}",
        texts=tuple(text for text, *_ in found),
        labels=tuple(label for _, label, *_ in found),
        embeddings=vectors.reshape(len(found), DIMENSIONS[MINILM]),
        classifications=tuple(sorted({classification for *_, classification in found})),
    )
