"""Put documents where nothing finds them, and let them out again."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from coordination.accounts.actors import Actor
from coordination.memory.models import Document, KnowledgeBase, KnowledgeSource
from coordination.memory.services.documents import count, lock, show_or_hide
from coordination.memory.services.records import record_base, record_source
from coordination.shared.clock import now
from coordination.shared.json import Json


@transaction.atomic
def quarantine_documents(base: KnowledgeBase, ids: Sequence[UUID], reason: str, actor: Actor) -> int:
    """Let nobody find these documents or learn from them, from the next read on; return how many there were."""
    return _hold(base, Document.objects.filter(knowledge_base=base, pk__in=list(ids)), reason, actor)


@transaction.atomic
def release_documents(base: KnowledgeBase, ids: Sequence[UUID], reason: str, actor: Actor) -> int:
    """Let these documents be found again: somebody has looked at them."""
    return _release(base, Document.objects.filter(knowledge_base=base, pk__in=list(ids)), reason, actor)


@transaction.atomic
def quarantine_source(source: KnowledgeSource, reason: str, actor: Actor) -> int:
    """Quarantine everything that was made of a file or a page."""
    held = _hold(source.knowledge_base, source.documents.all(), reason, actor)
    record_source(source, "KnowledgeSourceQuarantined", actor, reason=reason, documents=held)
    return held


@transaction.atomic
def release_source(source: KnowledgeSource, reason: str, actor: Actor) -> int:
    """Release everything that was made of a file or a page."""
    released = _release(source.knowledge_base, source.documents.all(), reason, actor)
    record_source(source, "KnowledgeSourceReleased", actor, reason=reason, documents=released)
    return released


def _hold(base: KnowledgeBase, found: QuerySet[Document], reason: str, actor: Actor) -> int:
    lock(base)
    ids, keys = _named(found.filter(quarantined_at__isnull=True))
    held = found.filter(pk__in=ids)
    n = held.update(quarantined_at=now(), quarantine_reason=reason[:500], cleared=False)
    if n:
        show_or_hide(held)
        # A new revision: what was learned from these examples is learned anew, without them.
        count(base)
        record_base(base, "DocumentsQuarantined", actor, reason=reason, n=n, keys=keys)
    return n


def _release(base: KnowledgeBase, found: QuerySet[Document], reason: str, actor: Actor) -> int:
    lock(base)
    ids, keys = _named(found.filter(quarantined_at__isnull=False))
    free = found.filter(pk__in=ids)
    n = free.update(quarantined_at=None, quarantine_reason="", cleared=True)
    if n:
        show_or_hide(free)
        count(base)
        record_base(base, "DocumentsReleased", actor, reason=reason, n=n, keys=keys)
    return n


def _named(found: QuerySet[Document]) -> tuple[list[UUID], list[Json]]:
    """Return which documents these are, and the first keys for the record."""
    rows = list(found.order_by("key").values_list("pk", "key"))
    return [pk for pk, _ in rows], [key for _, key in rows[:100]]
