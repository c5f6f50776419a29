"""Find what a knowledge base says about a question, and what can be learned from its examples."""

import threading
from functools import lru_cache
from uuid import UUID

import numpy as np

from coordination.accounts.models import Organization
from coordination.memory.embedding import DIMENSIONS, MINILM
from coordination.memory.models import KnowledgeBase, Passage
from coordination.memory.ranking import ranked
from coordination.memory.results import Hit, LabelledExamples
from coordination.memory.selectors.knowledge import knowledge_base_named


def search(
    organization: Organization,
    knowledge_base: str,
    query: str,
    *,
    k: int = 10,
    follow_links: bool = True,
    classifications: list[str] | None = None,
) -> list[Hit]:
    """Return the best passage of each of the k best documents, best first; raises KnowledgeBaseUnknown."""
    base = knowledge_base_named(organization, knowledge_base)
    return search_in(base, query, k=k, follow_links=follow_links, classifications=classifications)


def search_in(
    base: KnowledgeBase,
    query: str,
    *,
    k: int = 10,
    follow_links: bool = True,
    classifications: list[str] | None = None,
) -> list[Hit]:
    """Return the best passage of each of the k best documents, best first; nothing from quarantine.

    `classifications` limits what may be found; None finds everything.
    """
    if not query.strip() or not base.n_passages or k < 1:
        return []
    return ranked(base, query, k, follow_links, classifications)


def labelled_examples(organization: Organization, knowledge_base: str) -> LabelledExamples:
    """Return every example of a knowledge base; raises KnowledgeBaseUnknown."""
    base = knowledge_base_named(organization, knowledge_base)
    # One reader at a time: ten threads that start together must not each read ten thousand vectors.
    with _reading:
        return _examples_at(base.pk, base.revision)


_reading = threading.Lock()


@lru_cache(maxsize=8)
def _examples_at(base_id: UUID, revision: int) -> LabelledExamples:
    rows = (
        Passage.objects.filter(
            knowledge_base_id=base_id, embedding__isnull=False, document__quarantined_at__isnull=True
        )
        .exclude(document__label="")
        .order_by("document__key", "position")
        .values_list("text", "document__label", "embedding", "document__classification", "document__taint")
    )
    found = list(rows)
    vectors = np.array([vector for _, _, vector, *_ in found], dtype=np.float32)
    return LabelledExamples(
        revision=f"{base_id}@{revision}",
        texts=tuple(text for text, *_ in found),
        labels=tuple(label for _, label, *_ in found),
        embeddings=vectors.reshape(len(found), DIMENSIONS[MINILM]),
        classifications=tuple(sorted({classification for *_, classification, _ in found})),
        taint=next((taint for *_, taint in found if taint), ""),
    )
