"""A trigger fires: a run starts, waits its turn, or is written down as not started, each occasion once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.flow.state import RUN_ENDED, RunStatus
from coordination.engine.timetable.lateness import MOST_CAUGHT_UP, CatchUp
from coordination.shared.clock import now
from coordination.shared.ids import new_id
from coordination.shared.json import Json, JsonObject
from coordination.triggers.definition import Overlap, filled_input
from coordination.triggers.errors import TriggerUnknown
from coordination.triggers.models import Firing, FiringState, Trigger
from coordination.triggers.services.recording import record
from coordination.triggers.services.starting import actor_of, start, stop

# A run that ends can start another, whose end starts the first again.
DEEPEST = 8
LONGEST_REASON = 500
_TOO_DEEP = f"This would be number {DEEPEST + 1} of triggers that each followed from the one before; {DEEPEST} may."
_MINUTE = "{:%Y-%m-%d %H:%M} UTC"
_MADE_UP = {
    CatchUp.SKIP: "what is missed is not made up for",
    CatchUp.LAST: "only the last time missed is made up for",
    CatchUp.ALL: f"the last {MOST_CAUGHT_UP} times missed are made up for",
}
_RECORDS = {
    FiringState.STARTED: "TriggerFired",
    FiringState.QUEUED: "TriggerQueued",
    FiringState.SKIPPED: "TriggerSkipped",
    FiringState.REFUSED: "TriggerRefused",
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a trigger fires: its `key` makes it happen once, `facts` are what expressions find in `event`."""

    key: str
    due_at: datetime
    facts: Mapping[str, Json] = field(default_factory=dict)
    depth: int = 1
    by: Actor | None = None


@transaction.atomic
def fire_by_hand(organization: Organization, name: str, actor: Actor, facts: JsonObject | None = None) -> Firing:
    """Fire once because a person says so, paused or not; raises TriggerUnknown."""
    trigger = Trigger.objects.select_for_update().filter(organization=organization, name=name).first()
    if trigger is None:
        raise TriggerUnknown(name=name)
    return fire(trigger, Occasion(f"hand:{new_id()}", now(), facts or {}, by=actor))


def fire(trigger: Trigger, occasion: Occasion) -> Firing:
    """Do what an occasion asks for, once, and return what came of it; the caller has locked the trigger's row.

    An occasion that was refused is tried again.
    """
    firing = Firing.objects.filter(trigger=trigger, key=occasion.key).first()
    if firing is not None and firing.state != FiringState.REFUSED:
        return firing
    firing = firing or Firing(trigger=trigger, organization_id=trigger.organization_id, key=occasion.key)
    firing.due_at, firing.depth, firing.created_at = occasion.due_at, occasion.depth, now()
    firing.input, firing.reason = None, ""
    _decide(trigger, firing, occasion)
    _keep(trigger, firing, occasion.by)
    return firing


def miss(trigger: Trigger, first: datetime, last: datetime) -> None:
    """Write down that nothing is started for what was due from one time to another."""
    told = f"at {_MINUTE.format(first)}" if first == last else f"from {_MINUTE.format(first)} to {_MINUTE.format(last)}"
    firing = Firing(
        trigger=trigger,
        organization_id=trigger.organization_id,
        key=f"missed:{first.isoformat()}",
        due_at=last,
        created_at=now(),
        state=FiringState.SKIPPED,
        reason=f"Nobody looked at what was due {told}, and {_MADE_UP[CatchUp(trigger.catch_up)]}.",
    )
    _keep(trigger, firing, None)


def start_queued(trigger: Trigger) -> None:
    """Start the run that waits its turn, if the one before it has ended."""
    firing = Firing.objects.filter(trigger=trigger, is_open=True, state=FiringState.QUEUED).first()
    if firing is None or _going_on(trigger):
        return
    value, firing.input = firing.input, None
    _take(trigger, firing, value or {}, None)
    _keep(trigger, firing, None)


def _decide(trigger: Trigger, firing: Firing, occasion: Occasion) -> None:
    """Start the occasion's run, or say why not."""
    if occasion.depth > DEEPEST:
        _refuse(firing, _TOO_DEEP)
        return
    going_on = [] if trigger.overlap == Overlap.ALLOW else _going_on(trigger)
    if going_on and trigger.overlap == Overlap.SKIP:
        _settle(firing, FiringState.SKIPPED, "The run before it still went on.")
        return
    is_waiting = Firing.objects.filter(trigger=trigger, is_open=True, state=FiringState.QUEUED)
    if going_on and trigger.overlap == Overlap.QUEUE and is_waiting.exists():
        _settle(firing, FiringState.SKIPPED, "The run before it still went on, and another one waited already.")
        return
    try:
        value = filled_input(trigger.input, _event(trigger, occasion))
    except (EvaluationError, ExpressionError) as error:
        _refuse(firing, f"Its input has no value: {error}.")
        return
    if going_on and trigger.overlap == Overlap.QUEUE:
        _settle(firing, FiringState.QUEUED, "It waits for the run before it.", is_open=True)
        firing.input = value
        return
    for before in going_on:
        stop(trigger, before)
    _take(trigger, firing, value, occasion.by)


def _event(trigger: Trigger, occasion: Occasion) -> JsonObject:
    """Return what expressions may read; the due time says the hour on the trigger's own clock."""
    due_at = occasion.due_at.astimezone(ZoneInfo(trigger.spec.get("time_zone", "UTC")))
    return {**occasion.facts, "trigger": trigger.name, "kind": str(trigger.kind), "due_at": due_at.isoformat()}


def _going_on(trigger: Trigger) -> list[Firing]:
    """Return the firings whose run goes on, and close those whose run has ended."""
    started = Firing.objects.filter(trigger=trigger, is_open=True, state=FiringState.STARTED)
    started.exclude(run__status__in=set(RunStatus) - RUN_ENDED).update(is_open=False)
    return list(started)


def _take(trigger: Trigger, firing: Firing, value: JsonObject, by: Actor | None) -> None:
    if reason := start(trigger, firing, value, by):
        _refuse(firing, reason)
    else:
        _settle(firing, FiringState.STARTED, "", is_open=True)


def _refuse(firing: Firing, reason: str) -> None:
    _settle(firing, FiringState.REFUSED, reason)


def _settle(firing: Firing, state: FiringState, reason: str, *, is_open: bool = False) -> None:
    firing.state, firing.is_open, firing.reason = state, is_open, reason[:LONGEST_REASON]


def _keep(trigger: Trigger, firing: Firing, by: Actor | None) -> None:
    """Write the firing and its record."""
    firing.save()
    if firing.state == FiringState.STARTED:
        trigger.last_at = now()
        trigger.save(update_fields=["last_at"])
    said: JsonObject = {"due_at": firing.due_at.isoformat(), "occasion": firing.key, "depth": firing.depth}
    said |= {"run": str(firing.run_id)} if firing.run_id else {"reason": firing.reason}
    record(trigger, by or actor_of(trigger), _RECORDS[FiringState(firing.state)], said)
