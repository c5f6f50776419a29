"""Files and pages that a knowledge base is made from."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet

from coordination.memory.errors import SourceUnknown
from coordination.memory.models import KnowledgeBase, KnowledgeSource, SourcePart


def sources(base: KnowledgeBase) -> QuerySet[KnowledgeSource]:
    """Return the files and pages of a knowledge base, the newest first."""
    return KnowledgeSource.objects.filter(knowledge_base=base).order_by("-id")


def source(base: KnowledgeBase, source_id: UUID) -> KnowledgeSource:
    """Return one of them; raises SourceUnknown."""
    found = sources(base).filter(pk=source_id).first()
    if found is None:
        raise SourceUnknown(source=source_id)
    return found


def content_of(found: KnowledgeSource) -> Iterator[bytes]:
    """Yield the bytes that are kept of a source, one part in memory at a time."""
    for number in SourcePart.objects.filter(source=found).order_by("number").values_list("number", flat=True):
        yield bytes(SourcePart.objects.values_list("content", flat=True).get(source=found, number=number))
