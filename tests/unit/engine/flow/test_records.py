"""Events are lines of a run's stream, and lines are events again."""

import json
from typing import Any, get_args

import pytest

from coordination.engine.flow import events as ev
from coordination.engine.flow.records import as_record, from_record

EVENTS: list[Any] = [
    ev.RunStarted(),
    ev.StepClaimed("a"),
    ev.StepHeld("a"),
    ev.StepSpread("a", ("ann", "ben")),
    ev.StepSucceeded("a", {"n": 1}, 0.5),
    ev.StepFailed("a", "busy", "Busy.", retryable=True, jitter=0.25),
    ev.LeaseExpired("a"),
    ev.StepApproved("a", {"by": "r"}),
    ev.StepRejected("a", "rejected", "No."),
    ev.ChildEnded("a", "failed", None, {"code": "x", "message": "m"}, 2, 0.5),
    ev.TimerFired("a", "wake", 3),
    ev.StepGivenUp("a", "internal-error", "It went wrong.", 3),
    ev.SignalSent("paid", {"amount": 5}),
    ev.RunPaused(),
    ev.RunResumed(),
    ev.RunCancelled("enough"),
    ev.StepSkipped("a", "not needed"),
    ev.StepOverridden("a", [1]),
    ev.StepTakenOver("a", "user:ann"),
    ev.StepHandedBack("a"),
    ev.StepRetried("a"),
]


def test_there_is_an_example_of_every_event() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(ev.Event))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_as_it_was_from_its_record_as_json(event: ev.Event) -> None:
    kind, step, data = as_record(event)
    assert from_record(kind, step, json.loads(json.dumps(data))) == event


def test_every_event_has_a_kind_of_its_own() -> None:
    assert len({as_record(event)[0] for event in EVENTS}) == len(EVENTS)


def test_what_else_a_record_says_is_passed_over() -> None:
    assert from_record("StepClaimed", "a", {"worker": "w", "attempt": 3}) == ev.StepClaimed("a")


def test_a_record_from_before_a_field_existed_has_its_default() -> None:
    assert from_record("StepSucceeded", "a", {"output": 1}) == ev.StepSucceeded("a", 1, None)


@pytest.mark.parametrize("kind", ["StepFailed", "StepRetried", "StepCompleted", "RunSucceeded", "DataRead"])
def test_a_note_is_no_event(kind: str) -> None:
    assert from_record(kind, "a", {"error": {}}) is None
