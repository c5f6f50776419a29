"""Something went wrong here with what is to be done for a run: it is tried again later, never dropped.

A step that waits for it would wait for ever; when it went wrong too often, the step fails where people see it.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from coordination.engine.flow import events as ev
from coordination.engine.flow.state import StepStatus
from coordination.runs.effects import hand_on_all
from coordination.runs.inner_costs import count_inner
from coordination.runs.loading import Loaded, Wanted, lock_all, save
from coordination.runs.models import WorkItem, WorkKind
from coordination.runs.services.claiming import may_begin
from coordination.shared.clock import now

logger = logging.getLogger(__name__)

MOST_TRIES = 5
# Each wait is four times as long as the one before: 2 s, 8 s, 32 s, 2 min; then every 10 minutes.
_FIRST, _LONGEST = timedelta(seconds=2), timedelta(minutes=10)
# A step waits for each of these; nothing waits for the others.
_FAILING = (WorkKind.WAKE, WorkKind.TIMEOUT, WorkKind.CHILD_ENDED)
_SEE_LOG = "Whoever runs this finds the reason in the log."


def set_back(item: WorkItem) -> None:
    """Try an item that went wrong again later, or let its step fail: at once if it cannot even begin."""
    n_tries = item.setbacks + 1
    logger.error("%s %s of run %s went wrong %d times.", item.kind, item.step_key, item.run_id, n_tries)
    if item.kind == WorkKind.PERFORM or (item.kind in _FAILING and n_tries >= MOST_TRIES):
        try:
            _give_up(item, n_tries)
        except (InterfaceError, OperationalError):
            raise
        except Exception:
            logger.exception("%s of run %s cannot even fail.", item.step_key, item.run_id)
        else:
            return
    held = WorkItem.objects.filter(pk=item.pk, worker=item.worker)
    held.update(worker="", until=None, setbacks=_counted(n_tries), due_at=now() + _pause(n_tries))


def let_go(item: WorkItem) -> None:
    """Leave work whose outcome cannot be written down in any way to the sweep, as if its worker had died."""
    WorkItem.objects.filter(pk=item.pk, worker=item.worker).update(worker="nobody", until=now())


def leave_for_later(item_id: UUID) -> None:
    """Let the sweep look again later at what it could not take from a dead worker."""
    item = WorkItem.objects.filter(pk=item_id, until__lt=now()).exclude(worker="").first()
    if item is not None:
        n_tries = item.setbacks + 1
        same = WorkItem.objects.filter(pk=item_id, worker=item.worker, until=item.until)
        same.update(setbacks=_counted(n_tries), until=now() + _pause(n_tries))


def _pause(n_tries: int) -> timedelta:
    return min(_LONGEST, _FIRST * (1 << 2 * min(n_tries - 1, 9)))


def _counted(n_tries: int) -> int:
    return min(n_tries, 1_000)


@transaction.atomic
def _give_up(item: WorkItem, n_tries: int) -> None:
    """Fail the step that the item is for, unless it has moved on."""
    loaded = lock_all([Wanted(item.run_id)]).get(item.run_id)
    if loaded is None or not WorkItem.objects.select_for_update().filter(pk=item.pk, worker=item.worker).exists():
        return
    loaded.queue.removed.append(item.id)
    if item.kind == WorkKind.CHILD_ENDED and (cost := count_inner(loaded, item.step_key)):
        loaded.note("InnerCostCounted", item.step_key, {"cost_microusd": cost})
    if (event := _failure(loaded, item, n_tries)) is not None:
        hand_on_all(loaded, loaded.take(event))
    save([loaded])


def _failure(loaded: Loaded, item: WorkItem, n_tries: int) -> ev.Event | None:
    if loaded.state.ended:
        return None
    if item.kind == WorkKind.PERFORM:
        ready = loaded.rows[item.step_key].status == StepStatus.READY and may_begin(loaded)
        message = f"This step cannot begin: something went wrong here. {_SEE_LOG}"
        return ev.StepFailed(item.step_key, "internal-error", message) if ready else None
    what = "The run that it started is over" if item.kind == WorkKind.CHILD_ENDED else "Its time has come"
    message = f"{what}, but going on from there went wrong {n_tries} times. {_SEE_LOG}"
    return ev.StepGivenUp(item.step_key, "internal-error", message, item.attempt)
