"""Look after sources: those whose worker fell silent, those nobody began, pages whose time has come."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from coordination.accounts.actors import SYSTEM
from coordination.memory.jobs import INDEX
from coordination.memory.models import KnowledgeSource, SourceStatus
from coordination.memory.services.records import record_source
from coordination.memory.services.sources import queue
from coordination.shared.clock import now

LOST_AFTER = timedelta(minutes=5)
# A message that no worker answered in this time is sent again.
RING_AGAIN_AFTER = timedelta(minutes=2)
MOST_LOSSES = 3
AT_ONCE = 100
GIVEN_UP = "Its worker died three times before it was done; the log of the workers may say why."


def look_after_sources() -> int:
    """Begin again what a silent worker left, ring again for what nobody began, and queue pages that are due."""
    moment = now()
    silent = KnowledgeSource.objects.filter(status=SourceStatus.INDEXING, seen_at__lt=moment - LOST_AFTER)
    lost = list(silent.select_related("knowledge_base")[:AT_ONCE])
    for source in lost:
        _begin_again(source, moment)
    waiting = KnowledgeSource.objects.filter(status=SourceStatus.QUEUED, seen_at__lt=moment - RING_AGAIN_AFTER)
    for source in waiting[:AT_ONCE]:
        if waiting.filter(pk=source.pk).update(seen_at=moment):
            INDEX.now(source_id=str(source.pk), attempt=source.attempt)
    _read_again(moment)
    return len(lost)


@transaction.atomic
def _begin_again(source: KnowledgeSource, moment: datetime) -> None:
    same = KnowledgeSource.objects.filter(pk=source.pk, attempt=source.attempt, status=SourceStatus.INDEXING)
    if source.n_lost + 1 >= MOST_LOSSES:
        if same.update(status=SourceStatus.FAILED, finished_at=moment, error=GIVEN_UP, doing=""):
            record_source(source, "KnowledgeSourceFailed", SYSTEM, error=GIVEN_UP)
    elif same.update(
        status=SourceStatus.QUEUED, attempt=F("attempt") + 1, n_lost=F("n_lost") + 1, seen_at=moment, done=0, doing=""
    ):
        INDEX.later(source_id=str(source.pk), attempt=source.attempt + 1)


def _read_again(moment: datetime) -> None:
    due = KnowledgeSource.objects.filter(due_at__lte=moment).exclude(
        status__in=[SourceStatus.QUEUED, SourceStatus.INDEXING]
    )
    for pk in list(due.values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            # Another machine's beat may be at it: whoever locks the row first has it.
            found = due.select_for_update(skip_locked=True).filter(pk=pk).first()
            if found is not None:
                queue(found)
