"""PostgreSQL is the letter: find by row what a lost message or a dead worker left behind."""

import logging
from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from coordination.approvals.selectors import expired_requests
from coordination.engine.flow import events as ev
from coordination.engine.flow.state import StepStatus
from coordination.runs.effects import hand_on_all
from coordination.runs.loading import Loaded, lock, save
from coordination.runs.models import Step, ToolCall, ToolCallStatus, WorkItem, WorkKind
from coordination.runs.queue import ring_now, unblock_stuck, waiting_pools
from coordination.runs.services.answering import expire_approval
from coordination.runs.services.setbacks import leave_for_later
from coordination.runs.services.stopping import carry_out_stops
from coordination.shared.clock import now

logger = logging.getLogger(__name__)

# A step that takes its worker down each time must not do so for ever.
MOST_LOST = 5
BATCH = 500


def sweep() -> int:
    """Give lost work to others, ring for what is due, close what expired; return how much was found."""
    return _reoffer_expired() + _ring_for_due() + _expire_approvals() + carry_out_stops()


def _reoffer_expired() -> int:
    lost = WorkItem.objects.filter(until__lt=now()).exclude(worker="").order_by("until")
    found = list(lost.values_list("run_id", "id")[:BATCH])
    for _, item_id in _each(_lose, found):
        leave_for_later(item_id)
    return len(found)


@transaction.atomic
def _lose(run_id: UUID, item_id: UUID) -> None:
    """Take an item of work away from a worker that is gone."""
    loaded = lock(run_id)
    item = WorkItem.objects.select_for_update().filter(pk=item_id, until__lt=now()).exclude(worker="").first()
    if item is None:
        return
    row = loaded.rows[item.step_key] if item.kind == WorkKind.PERFORM else None
    if row is None or row.status != StepStatus.RUNNING or row.attempt != item.attempt:
        # It was reserved and never begun.
        item.worker, item.until = "", None
        loaded.queue.moved.append(item)
    else:
        loaded.queue.removed.append(item.id)
        if item.agent_id is not None:
            loaded.queue.freed.append((item.agent_id, item.pool))
        hand_on_all(loaded, loaded.take(_loss_of(loaded, row), worker=item.worker, attempt=row.attempt))
    save([loaded])


def _loss_of(loaded: Loaded, row: Step) -> ev.Event:
    n_lost = _keep_lost_attempt(loaded, row)
    if row.kind == "action":
        # The tool may or may not have acted: only a person can tell, and nothing is released twice.
        released = ToolCall.objects.filter(run_id=row.run_id, step_key=row.key, status=ToolCallStatus.RELEASED)
        released.update(status=ToolCallStatus.UNKNOWN)
        message = f"The worker died while {row.title or row.key} was under way; it may or may not have happened."
        return ev.StepFailed(row.key, "outcome-unknown", message)
    if n_lost >= MOST_LOST:
        message = f"The worker died {n_lost} times in a row while {row.title or row.key} was under way."
        return ev.StepFailed(row.key, "worker-lost", message)
    return ev.LeaseExpired(row.key)


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


def _ring_for_due() -> int:
    """Ring once for each pool that has something due which nobody holds."""
    unblock_stuck()
    pools = waiting_pools()
    for pool in pools:
        ring_now(pool)
    return len(pools)


def _expire_approvals() -> int:
    found = list(expired_requests(now())[:BATCH])
    _each(expire_approval, ((request,) for request in found))
    return len(found)


def _each(act: Callable[..., None], found: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Do it for each and return those that cannot be helped, which must not keep the others waiting."""
    in_vain = []
    for one in found:
        try:
            act(*one)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # Whatever is wrong with it is wrong with this one only.
            logger.exception("The sweep could not help %s.", one)
            in_vain.append(one)
    return in_vain
