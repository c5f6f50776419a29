"""What was done is undone when a later step fails."""

from typing import Any

import pytest

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from tests.unit.engine.flow.plays import Play, agent

UNDO = {"action": {"tool": "cancel", "args": {"of": "${steps.book.output.id}"}}, "retry": {"max": 0}}


def booked(step_id: str, *needs: str, **rest: Any) -> dict[str, Any]:
    return {"id": step_id, "needs": list(needs), "action": {"tool": "book"}, "compensate": UNDO, **rest}


def trip(**rest: Any) -> Play:
    """A run that has booked a flight and then a hotel, and is about to pay."""
    play = Play(booked("book"), booked("hotel", "book"), agent("pay", "hotel", on_error="compensate", **rest))
    play.succeed("book", {"id": 7})
    play.succeed("hotel")
    return play


def test_the_last_success_is_undone_first() -> None:
    play = trip()
    transition = play.fail("pay")
    assert (transition.created, transition.effects) == (["hotel.undo"], [ev.Offer("hotel.undo")])
    assert play.succeed("hotel.undo").effects == [ev.Offer("book.undo")]
    play.succeed("book.undo")
    assert play.statuses() == {
        "book": "compensated",
        "hotel": "compensated",
        "pay": "failed",
        "hotel.undo": "succeeded",
        "book.undo": "succeeded",
    }


def test_the_run_fails_with_what_went_wrong_first() -> None:
    play = trip()
    play.fail("pay")
    assert (play.state.status, play.state.compensating) == ("running", True)
    play.succeed("hotel.undo")
    assert play.succeed("book.undo").effects == [ev.EndRun()]
    assert play.state.status == "failed"
    assert play.state.error == {"code": "broken", "message": "pay broke.", "step": "pay"}


def test_a_compensation_sees_what_its_step_gave() -> None:
    play = trip()
    play.fail("pay")
    assert play.state.scope("book.undo")["steps"] == {"book": {"status": "succeeded", "output": {"id": 7}}}
    assert play.plan.definition("book.undo").action is not None


def test_steps_are_undone_in_the_order_of_their_success_not_of_the_workflow() -> None:
    play = Play(booked("a"), booked("b"), agent("c", "a", "b", on_error="compensate"))
    play.succeed("b")
    play.succeed("a")
    play.fail("c")
    play.succeed("a.undo")
    play.succeed("b.undo")
    undone = [note.step for note in play.notes if note.kind == "StepUndone"]
    assert undone == ["a", "b"]


def test_what_did_not_succeed_is_not_undone() -> None:
    play = Play(booked("a", when="${false}"), booked("b"), agent("c", "b", on_error="compensate"))
    play.succeed("b")
    play.fail("c")
    assert play.succeed("b.undo").effects == [ev.EndRun()]


def test_when_nothing_is_to_be_undone_the_run_fails_at_once() -> None:
    play = Play(agent("a", on_error="compensate"))
    assert play.fail("a").effects == [ev.EndRun()]


def test_a_failure_elsewhere_undoes_nothing() -> None:
    play = Play(booked("a"), agent("b", "a"))
    play.succeed("a")
    play.fail("b")
    assert (play.state.status, play.status("a")) == ("failed", "succeeded")


def test_a_compensation_that_fails_is_named_and_the_others_go_on() -> None:
    play = trip()
    play.fail("pay")
    assert play.fail("hotel.undo").effects == [ev.Offer("book.undo")]
    play.succeed("book.undo")
    assert play.state.error == {
        "code": "broken",
        "message": "pay broke. Not undone: hotel.",
        "step": "pay",
        "not_undone": ["hotel"],
    }
    assert (play.status("book"), play.status("hotel")) == ("compensated", "succeeded")


def test_a_compensation_is_retried_twice_unless_it_says_otherwise() -> None:
    play = Play({**booked("a"), "compensate": {"action": {"tool": "cancel"}}}, agent("b", "a", on_error="compensate"))
    play.succeed("a")
    play.fail("b")
    for _ in range(2):
        assert len(play.fail("a.undo", retryable=True).effects) == 1
    assert play.fail("a.undo", retryable=True).effects == [ev.EndRun()]


def test_what_is_under_way_is_stopped_unless_it_would_have_to_be_undone() -> None:
    play = Play(agent("a", on_error="compensate"), agent("b"), booked("c"), booked("d"))
    for step in ("b", "c"):
        play.claim(step)
    assert play.fail("a").effects == [ev.StopWork("b")]
    assert [play.status(key) for key in ("b", "c", "d")] == ["cancelled", "running", "cancelled"]
    assert play.take(ev.StepSucceeded("c", {})).effects == [ev.Offer("c.undo")]


def test_a_run_that_was_about_to_start_is_not_started_to_be_undone() -> None:
    child = {"id": "child", "workflow": {"name": "other"}, "compensate": {"action": {"tool": "cancel"}}}
    play = Play(child, {"id": "sum", "set": {"n": "${1 / 0}"}, "on_error": "compensate"})
    assert play.asked(ev.StartChild) == []
    assert (play.state.status, play.status("child")) == ("failed", "cancelled")


def test_what_fails_while_it_is_waited_for_is_not_tried_again() -> None:
    play = Play(agent("a", on_error="compensate"), booked("b", retry={"max": 5}))
    play.claim("b")
    play.fail("a")
    effects = play.take(ev.StepFailed("b", "busy", "Busy.", retryable=True)).effects
    assert effects == [ev.EndRun()]


def test_a_worker_that_dies_while_it_is_waited_for_does_not_hold_up_the_others() -> None:
    play = Play(agent("a", on_error="compensate"), booked("b"), booked("c"))
    play.succeed("c")
    play.claim("b")
    play.fail("a")
    assert play.take(ev.LeaseExpired("b")).effects == [ev.Offer("c.undo")]


def test_a_compensation_that_people_must_allow_waits_for_them() -> None:
    play = trip()
    play.fail("pay")
    play.take(ev.StepHeld("hotel.undo"))
    assert play.state.status == "waiting"
    play.take(ev.StepRejected("hotel.undo", "rejected", "No."))
    assert play.status("book.undo") == "ready"


def test_a_person_may_skip_or_do_a_compensation() -> None:
    play = trip()
    play.fail("pay")
    play.take(ev.StepSkipped("hotel.undo", "The hotel is free of charge."))
    play.take(ev.StepOverridden("book.undo", {"by": "hand"}))
    assert (play.status("hotel"), play.status("book")) == ("succeeded", "compensated")
    assert play.state.error is not None
    assert play.state.error["not_undone"] == ["hotel"]


def test_a_run_that_is_being_undone_cannot_be_changed_otherwise() -> None:
    play = trip()
    play.fail("pay")
    for event in (ev.StepOverridden("pay", {}), ev.StepSkipped("pay", "x"), ev.StepRetried("pay")):
        with pytest.raises(machine.ImpossibleEvent, match="being undone"):
            play.take(event)


def test_cancelling_a_run_that_is_being_undone_says_what_is_left() -> None:
    play = trip()
    play.fail("pay")
    play.take(ev.RunCancelled("enough"))
    assert play.state.error == {
        "code": "cancelled",
        "message": "enough Not undone: hotel, book.",
        "not_undone": ["hotel", "book"],
    }


def test_what_a_cancelled_run_had_begun_to_undo_is_undone_another_time() -> None:
    play = trip()
    play.fail("pay")
    play.claim("hotel.undo")
    play.take(ev.RunCancelled("enough"))
    play.take(ev.StepRetried("pay"))
    assert play.fail("pay").effects == [ev.Offer("hotel.undo")]
    play.succeed("hotel.undo")
    play.succeed("book.undo")
    assert (play.status("hotel"), play.status("book")) == ("compensated", "compensated")


def test_a_paused_run_undoes_nothing_until_it_is_resumed() -> None:
    play = trip()
    play.claim("pay")
    play.take(ev.RunPaused())
    assert play.take(ev.StepFailed("pay", "broken", "pay broke.")).effects == []
    assert play.take(ev.RunResumed()).effects == [ev.Offer("hotel.undo")]


def test_repeating_a_step_repeats_what_was_undone_before_it() -> None:
    play = trip()
    play.fail("pay")
    play.succeed("hotel.undo")
    play.succeed("book.undo")
    transition = play.take(ev.StepRetried("pay"))
    assert transition.effects == [ev.DropChildren("book"), ev.DropChildren("hotel"), ev.Offer("book")]
    assert transition.repeated == ["book", "hotel", "pay"]
    for step in ("book", "hotel", "pay"):
        play.succeed(step)
    assert play.state.status == "succeeded"


def test_an_agent_may_undo_too_and_has_its_own_instructions() -> None:
    undo = {"agent": {"capability": "apologize"}, "input": {"to": "${steps.a.output.name}"}}
    play = Play(agent("a", compensate=undo), agent("b", "a", on_error="compensate"))
    play.succeed("a", {"name": "Ada"})
    play.fail("b")
    assert machine.target_of(play.plan, play.state, "a.undo").capability == "apologize"
    assert play.plan.definition("a.undo").input == {"to": "${steps.a.output.name}"}
