"""Ask for a backtest, call it off, ask for it again; and what becomes of those whose worker died."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from coordination.accounts.actors import Actor
from coordination.policies.errors import BacktestOver, BacktestRunning
from coordination.policies.jobs import BACKTEST
from coordination.policies.models import LOST_AFTER, OPEN_BACKTESTS, Backtest, BacktestStatus, PolicyVersion
from coordination.policies.services.records import record
from coordination.shared.clock import now
from coordination.shared.live import ring

# A message that no worker answered in this time is sent again.
RING_AGAIN_AFTER = timedelta(seconds=60)
WORKER_DIED = "Its worker died before it was done; nothing was changed. Start it again."


@transaction.atomic
def start_backtest(version: PolicyVersion, actor: Actor) -> Backtest:
    """Have a version judged on stored decisions by a worker; raises BacktestRunning."""
    find_lost_backtests(version=version)
    moment = now()
    try:
        with transaction.atomic():
            backtest = Backtest.objects.create(
                organization_id=version.policy.organization_id,
                policy=version.policy,
                version=version,
                requested_by=actor.name,
                created_at=moment,
                seen_at=moment,
            )
    except IntegrityError:
        raise BacktestRunning(name=version.policy.name, number=version.number) from None
    return _send(backtest, actor)


@transaction.atomic
def restart_backtest(backtest: Backtest, actor: Actor) -> Backtest:
    """Do a backtest that is over again, from its beginning; raises BacktestRunning."""
    find_lost_backtests(version=backtest.version)
    moment = now()
    again: dict[str, Any] = {
        "status": BacktestStatus.QUEUED,
        "attempt": F("attempt") + 1,
        "requested_by": actor.name,
        "created_at": moment,
        "seen_at": moment,
        "started_at": None,
        "finished_at": None,
        "done": 0,
        "total": None,
        "worker": "",
        "error": "",
        "report": None,
    }
    over = Backtest.objects.filter(pk=backtest.pk, organization_id=backtest.organization_id)
    try:
        with transaction.atomic():
            is_queued = over.exclude(status__in=OPEN_BACKTESTS).update(**again)
    except IntegrityError:
        is_queued = 0
    if not is_queued:
        raise BacktestRunning(name=backtest.policy.name, number=backtest.version.number)
    backtest.refresh_from_db()
    return _send(backtest, actor)


@transaction.atomic
def cancel_backtest(backtest: Backtest, actor: Actor, reason: str = "") -> Backtest:
    """Call a backtest off; its worker notices within a moment. Raises BacktestOver."""
    held = Backtest.objects.filter(pk=backtest.pk, status__in=OPEN_BACKTESTS)
    is_cancelled = held.update(status=BacktestStatus.CANCELLED, finished_at=now())
    backtest.refresh_from_db()
    if not is_cancelled:
        raise BacktestOver(status=BacktestStatus(backtest.status).label.lower())
    record("PolicyBacktestCancelled", backtest.version, actor, backtest=str(backtest.pk), reason=reason)
    ring_for(backtest)
    return backtest


def find_lost_backtests(version: PolicyVersion | None = None) -> int:
    """Say of backtests whose worker has fallen silent that it died, and ring again for those that nobody began.

    None is begun again by itself: what took one worker down would take the next one down too.
    """
    moment = now()
    found = Backtest.objects.filter(seen_at__lt=moment - LOST_AFTER)
    if version is not None:
        found = found.filter(version=version)
    lost = list(found.filter(status=BacktestStatus.RUNNING).select_related("policy"))
    for backtest in lost:
        same = Backtest.objects.filter(pk=backtest.pk, attempt=backtest.attempt, seen_at=backtest.seen_at)
        died = {"status": BacktestStatus.LOST, "finished_at": moment, "error": WORKER_DIED}
        if same.filter(status=BacktestStatus.RUNNING).update(**died):
            ring_for(backtest)
    waiting = found.filter(status=BacktestStatus.QUEUED, seen_at__lt=moment - RING_AGAIN_AFTER)
    for backtest_id in list(waiting.values_list("pk", flat=True)):
        if Backtest.objects.filter(pk=backtest_id, status=BacktestStatus.QUEUED).update(seen_at=moment):
            BACKTEST.later(backtest_id=str(backtest_id))
    return len(lost)


def ring_for(backtest: Backtest) -> None:
    """Tell the browsers that a backtest has moved on."""
    ring(backtest.organization_id, "policies", f"backtest-{backtest.pk}")


def _send(backtest: Backtest, actor: Actor) -> Backtest:
    record("PolicyBacktestStarted", backtest.version, actor, backtest=str(backtest.pk))
    BACKTEST.later(backtest_id=str(backtest.pk))
    ring_for(backtest)
    return backtest
