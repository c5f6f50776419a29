"""PostgreSQL is the letter: find by row what a lost message or a dead worker left behind."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q

from coordination.approvals.selectors import expired_requests
from coordination.engine.flow import events as ev
from coordination.engine.flow.state import StepStatus
from coordination.runs.effects import carry_out, hand_on
from coordination.runs.jobs import WORK
from coordination.runs.loading import Loaded, lock
from coordination.runs.models import Step, ToolCall, ToolCallStatus
from coordination.runs.services.answering import expire_approval
from coordination.shared.clock import now

logger = logging.getLogger(__name__)

# A message that nobody took within this time is taken for lost; a second copy does no harm, a claim is exclusive.
UNCLAIMED = timedelta(seconds=5)
# A step that takes its worker down each time must not do so for ever.
MOST_LOST = 5
BATCH = 500


def sweep() -> int:
    """Give lost work to others, offer what is due, close what expired; return how much was found."""
    return _reoffer_expired() + _offer_due() + _expire_approvals()


def _reoffer_expired() -> int:
    lost = Step.objects.filter(status=StepStatus.RUNNING, lease_until__lt=now()).order_by("lease_until")
    found = list(lost.values_list("run_id", "key", "fence")[:BATCH])
    _each(_lose, found)
    return len(found)


@transaction.atomic
def _lose(run_id: UUID, key: str, fence: int) -> None:
    """Take a step away from a worker that is gone."""
    loaded = lock(run_id)
    row = loaded.rows[key]
    if row.fence != fence or row.status != StepStatus.RUNNING or row.lease_until is None or row.lease_until > now():
        return
    loaded.note("LeaseExpired", key, {"worker": row.worker, "attempt": row.attempt})
    n_lost = _keep_lost_attempt(loaded, row)
    if row.kind == "action":
        # The tool may or may not have acted: only a person can tell, and nothing is released twice.
        ToolCall.objects.filter(run_id=run_id, step_key=key, status=ToolCallStatus.RELEASED).update(
            status=ToolCallStatus.UNKNOWN
        )
        message = f"The worker died while {row.title or key} was under way; it may or may not have happened."
        event: ev.Event = ev.StepFailed(key, "outcome-unknown", message)
    elif n_lost >= MOST_LOST:
        message = f"The worker died {n_lost} times in a row while {row.title or key} was under way."
        event = ev.StepFailed(key, "worker-lost", message)
    else:
        event = ev.LeaseExpired(key)
    for offer in carry_out(loaded, loaded.take(event)):
        hand_on(loaded, offer)
    loaded.save()


def _keep_lost_attempt(loaded: Loaded, row: Step) -> int:
    """Write down an attempt that never ended, and return how many in a row that makes for the same agent."""
    attempt = {
        "number": row.attempt,
        "agent": row.agent if row.kind == "agent" else "",
        "version": row.agent_version,
        "generation": row.generation,
        "started_at": row.started_at.isoformat() if row.started_at else None,
        "finished_at": loaded.at.isoformat(),
        "status": "lost",
        "error": {"code": "worker-lost", "message": "The worker died."},
        "cost_microusd": 0,
    }
    row.attempts = [*row.attempts, attempt]
    same = ("status", "agent", "generation")
    alike = takewhile(lambda one: all(one.get(name) == attempt[name] for name in same), reversed(row.attempts))
    return sum(1 for _ in alike)


def _offer_due() -> int:
    moment = now()
    # A step that was never due is one whose run was written before its message; due_at is set with every offer.
    due = Step.objects.filter(
        Q(offered_at=None) | Q(offered_at__lt=moment - UNCLAIMED), status=StepStatus.READY, due_at__lte=moment
    ).exclude(Q(run__status="paused") | Q(run__organization__halted_at__isnull=False))
    found = list(due.order_by("-run__priority", F("due_at")).values_list("id", "run_id", "key", "pool")[:BATCH])
    with transaction.atomic():
        Step.objects.filter(pk__in=[row[0] for row in found], status=StepStatus.READY).update(offered_at=moment)
        for _, run_id, key, pool in found:
            WORK.on(pool).later(run_id=str(run_id), step=key)
    return len(found)


def _expire_approvals() -> int:
    found = list(expired_requests(now())[:BATCH])
    _each(expire_approval, ((request,) for request in found))
    return len(found)


def _each(act: Callable[..., None], found: Iterable[tuple[Any, ...]]) -> None:
    """Do it for each; one that cannot be helped must not keep the others waiting."""
    for one in found:
        try:
            act(*one)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # Whatever is wrong with it is wrong with this one only.
            logger.exception("The sweep could not help %s.", one)
