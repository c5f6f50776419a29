"""PostgreSQL is the letter: find by row what a lost message or a dead worker left behind."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from coordination.approvals.selectors import expired_requests
from coordination.engine.flow import events as ev
from coordination.engine.flow.state import StepStatus
from coordination.runs.effects import carry_out, hand_on
from coordination.runs.errors import NotPossibleNow
from coordination.runs.jobs import WORK
from coordination.runs.loading import lock
from coordination.runs.models import Step, ToolCall, ToolCallStatus
from coordination.runs.services.answering import expire_approval
from coordination.shared.clock import now

logger = logging.getLogger(__name__)

# A message that nobody took within this time is taken for lost; a second copy does no harm, a claim is exclusive.
UNCLAIMED = timedelta(seconds=5)
BATCH = 500


def sweep() -> int:
    """Give lost work to others, offer what is due, close what expired; return how much was found."""
    return _reoffer_expired() + _offer_due() + _expire_approvals()


def _reoffer_expired() -> int:
    lost = Step.objects.filter(status=StepStatus.RUNNING, lease_until__lt=now()).order_by("lease_until")
    found = list(lost.values_list("run_id", "key", "fence")[:BATCH])
    for run_id, key, fence in found:
        _lose(run_id, key, fence)
    return len(found)


@transaction.atomic
def _lose(run_id: UUID, key: str, fence: int) -> None:
    """Take a step away from a worker that is gone."""
    loaded = lock(run_id)
    row = loaded.rows[key]
    if row.fence != fence or row.status != StepStatus.RUNNING or row.lease_until is None or row.lease_until > now():
        return
    loaded.note("LeaseExpired", key, {"worker": row.worker, "attempt": row.attempt})
    if row.kind == "action":
        # The tool may or may not have acted: only a person can tell, and nothing is released twice.
        ToolCall.objects.filter(run_id=run_id, step_key=key, status=ToolCallStatus.RELEASED).update(
            status=ToolCallStatus.UNKNOWN
        )
        message = f"The worker died while {row.title or key} was under way; it may or may not have happened."
        event: ev.Event = ev.StepFailed(key, "outcome-unknown", message)
    else:
        event = ev.LeaseExpired(key)
    for offer in carry_out(loaded, loaded.take(event)):
        hand_on(loaded, offer)
    loaded.save()


def _offer_due() -> int:
    moment = now()
    # A step that was never due is one whose run was written before its message; due_at is set with every offer.
    due = Step.objects.filter(
        Q(offered_at=None) | Q(offered_at__lt=moment - UNCLAIMED), status=StepStatus.READY, due_at__lte=moment
    ).exclude(run__status="paused")
    found = list(due.order_by("-run__priority", F("due_at")).values_list("id", "run_id", "key", "pool")[:BATCH])
    with transaction.atomic():
        Step.objects.filter(pk__in=[row[0] for row in found], status=StepStatus.READY).update(offered_at=moment)
        for _, run_id, key, pool in found:
            WORK.on(pool).later(run_id=str(run_id), step=key)
    return len(found)


def _expire_approvals() -> int:
    found = list(expired_requests(now())[:BATCH])
    for request in found:
        try:
            expire_approval(request)
        except NotPossibleNow:
            logger.info("The question %s expired after its run had moved on.", request.id)
    return len(found)
