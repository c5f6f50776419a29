"""The clock ticks: whatever is due is done, once, whoever ticks and however often."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from coordination.engine.timetable.lateness import MOST_CAUGHT_UP, CatchUp, to_start
from coordination.shared.clock import now
from coordination.shared.json import JsonObject
from coordination.triggers.definition import Kind, timetable_of
from coordination.triggers.models import Trigger, TriggerStatus
from coordination.triggers.selectors import LOOK_BACK, depth_of, due_triggers, unseen_ends
from coordination.triggers.services.firing import Occasion, fire, miss, start_queued
from coordination.triggers.services.saving import CURSOR_STAYS

logger = logging.getLogger(__name__)

# So many runs are started in one transaction; the next tick goes on.
BATCH = 50
_MOMENT = timedelta(microseconds=1)


def tick() -> int:
    """Fire what is due and return how many triggers had something to do; one statement when none had."""
    found = due_triggers(now())
    for trigger_id in found:
        try:
            _look_at(trigger_id)
        except (InterfaceError, OperationalError):
            raise
        except Exception:  # Whatever is wrong with it is wrong with this one only.
            logger.exception("The trigger %s could not be looked at.", trigger_id)
    return len(found)


@transaction.atomic
def _look_at(trigger_id: UUID) -> None:
    """Do everything that is due for one trigger; its next time moves on in the same transaction, or nothing happens."""
    locked = Trigger.objects.select_for_update(skip_locked=True, of=("self",)).select_related("organization")
    trigger = locked.filter(pk=trigger_id, status=TriggerStatus.ACTIVE).first()
    if trigger is None:
        return
    moment = now()
    start_queued(trigger)
    if trigger.kind == Kind.RUN_END:
        _follow_runs(trigger, moment)
    else:
        _keep_time(trigger, moment)


def _keep_time(trigger: Trigger, moment: datetime) -> None:
    timetable = timetable_of(trigger.kind, trigger.spec)
    if timetable is None or trigger.next_at is None or trigger.next_at > moment:
        return
    due = timetable.between(trigger.next_at - _MOMENT, moment, MOST_CAUGHT_UP + 1)
    starts = to_start(due, moment, CatchUp(trigger.catch_up))
    missed = [time for time in due if time not in starts]
    if missed:
        miss(trigger, trigger.next_at, missed[-1])
    for time in starts[:BATCH]:
        fire(trigger, Occasion(time.isoformat(), time))
    trigger.next_at = starts[BATCH] if len(starts) > BATCH else timetable.after(moment)
    trigger.save(update_fields=["next_at"])


def _follow_runs(trigger: Trigger, moment: datetime) -> None:
    ended = list(unseen_ends(trigger)[:BATCH])
    for run in ended:
        at = run.finished_at or moment
        about = {"id": str(run.pk), "workflow": run.workflow_name, "status": str(run.status)}
        facts: JsonObject = {"run": {**about, "finished_at": at.isoformat()}}
        fire(trigger, Occasion(str(run.pk), at, facts, depth_of(run.pk) + 1))
    if len(ended) < BATCH:
        trigger.cursor = max(trigger.cursor or moment, moment - LOOK_BACK)
        trigger.next_at = moment + CURSOR_STAYS
        trigger.save(update_fields=["cursor", "next_at"])
