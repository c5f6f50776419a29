"""Events as lines of a run's stream and back: what the audit log keeps is enough to replay a run."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from coordination.engine.flow import events as ev

# The kinds of derived notes differ from all of these, so that a replay can tell a cause from what it led to.
_KINDS: dict[type, str] = {
    ev.RunStarted: "RunStarted",
    ev.StepClaimed: "StepClaimed",
    ev.StepHeld: "StepHeld",
    ev.StepSpread: "StepSpread",
    ev.StepSucceeded: "StepSucceeded",
    ev.StepFailed: "AttemptFailed",
    ev.LeaseExpired: "LeaseExpired",
    ev.StepApproved: "StepApproved",
    ev.StepRejected: "StepRejected",
    ev.ChildEnded: "ChildEnded",
    ev.TimerFired: "TimerFired",
    ev.StepGivenUp: "StepGivenUp",
    ev.SignalSent: "SignalSent",
    ev.RunPaused: "RunPaused",
    ev.RunResumed: "RunResumed",
    ev.RunCancelled: "RunCancelled",
    ev.StepSkipped: "StepSkipped",
    ev.StepOverridden: "StepOverridden",
    ev.StepTakenOver: "StepTakenOver",
    ev.StepHandedBack: "StepHandedBack",
    ev.StepRetried: "StepRepeated",
}
_TYPES: dict[str, type] = {kind: made for made, kind in _KINDS.items()}
_DATA: dict[type, tuple[str, ...]] = {
    made: tuple(field.name for field in fields(made) if field.name != "step") for made in _KINDS
}


def as_record(event: ev.Event) -> tuple[str, str, dict[str, Any]]:
    """Return the kind, the step ("" for the run) and the data of the record of an event."""
    made = type(event)
    return _KINDS[made], getattr(event, "step", ""), {name: getattr(event, name) for name in _DATA[made]}


def from_record(kind: str, step: str, data: Mapping[str, Any]) -> ev.Event | None:
    """Return the event that a record tells of, or None for a note; what else the record says is passed over."""
    made = _TYPES.get(kind)
    if made is None:
        return None
    given = {name: data[name] for name in _DATA[made] if name in data}
    if made is ev.StepSpread:
        given |= {name: tuple(given[name]) for name in ("agents", "standings") if name in given}
    if hasattr(made, "step"):
        given["step"] = step
    event: ev.Event = made(**given)
    return event
