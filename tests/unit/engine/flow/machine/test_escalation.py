"""A step that failed is put before people: try again, or let it fail."""

from typing import Any

import pytest

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from tests.unit.engine.flow.plays import Play, agent, each

YES, NO = ev.StepApproved("it", {}), ev.StepRejected("it", "rejected", "Ada says no.")


def escalated(step: dict[str, Any]) -> Play:
    return Play({**step, "on_error": "escalate"}, agent("after", "it"), value={"items": [1, 2, 3]})


def test_people_are_asked_when_all_retries_have_failed() -> None:
    play = escalated(agent("it", retry={"max": 1}))
    play.fail("it", retryable=True)
    assert play.fail("it", retryable=True).effects == [ev.AskHuman("it", escalated=True)]
    assert (play.status("it"), play.state.status) == ("waiting", "waiting")
    assert play.state.steps["it"].escalated


def test_their_yes_tries_again_with_all_retries() -> None:
    play = escalated(agent("it", retry={"max": 1}))
    play.fail("it")
    transition = play.take(YES)
    assert (transition.effects, transition.repeated) == ([ev.Offer("it")], ["it"])
    assert play.fail("it", retryable=True).effects == [ev.Offer("it", 1.0)]
    assert play.succeed("it").effects == [ev.Offer("after")]


def test_their_no_fails_the_run_with_both_reasons() -> None:
    play = escalated(agent("it"))
    play.fail("it")
    play.take(NO)
    assert play.state.error == {"code": "broken", "message": "it broke. Ada says no.", "step": "it"}


def test_they_may_be_asked_again() -> None:
    play = escalated(agent("it"))
    play.fail("it")
    play.take(YES)
    assert play.fail("it").effects == [ev.AskHuman("it", escalated=True)]


def test_they_may_also_skip_or_override_it() -> None:
    play = escalated(agent("it"))
    play.fail("it")
    effects = play.take(ev.StepOverridden("it", {"by": "hand"})).effects
    assert effects == [ev.WithdrawQuestion("it"), ev.Offer("after")]


def test_a_step_that_is_only_held_is_not_taken_for_escalated() -> None:
    play = escalated(agent("it", retry={"max": 1}))
    play.fail("it", retryable=True)
    play.take(ev.StepHeld("it"))
    assert not play.state.steps["it"].escalated
    play.take(YES)
    assert play.state.steps["it"].approved


def test_the_time_of_a_step_does_not_run_while_people_think() -> None:
    play = escalated({"id": "it", "wait": {"signal": "paid"}, "timeout": "5m"})
    play.take(ev.TimerFired("it", "timeout", 1))
    assert play.take(ev.TimerFired("it", "timeout", 1)).touched == set()
    assert play.take(YES).effects == [ev.SetTimer("it", "timeout", 300.0, None, 2)]
    play.take(ev.SignalSent("paid", {}))
    assert play.status("it") == "succeeded"


def test_a_signal_does_not_wake_a_step_that_is_before_people() -> None:
    play = escalated({"id": "it", "wait": {"signal": "paid"}, "timeout": "5m"})
    play.take(ev.TimerFired("it", "timeout", 1))
    play.take(ev.SignalSent("paid", {"n": 1}))
    assert play.status("it") == "waiting"
    play.take(YES)
    assert (play.status("it"), play.state.steps["it"].output) == ("succeeded", {"n": 1})


def test_a_map_goes_on_with_what_failed() -> None:
    play = escalated(each("it", concurrency=1))
    play.succeed("it[0]", "first")
    assert play.fail("it[1]").effects == [ev.CancelRest("it"), ev.AskHuman("it", escalated=True)]
    transition = play.take(YES)
    assert transition.effects == [ev.RestorePending("it", 2), ev.Offer("it[1]")]
    assert transition.repeated == ["it[1]"]


def test_an_exhausted_loop_gets_as_many_rounds_again() -> None:
    play = escalated({"id": "it", "loop": {"until": "${round == 3}", "max": 2, "agent": {"capability": "work"}}})
    play.succeed("it[0]")
    play.succeed("it[1]")
    assert play.state.steps["it"].escalated
    assert play.take(YES).effects == [ev.Offer("it[2]")]
    assert play.succeed("it[2]").effects == [ev.Offer("after")]


def test_a_loop_whose_round_failed_repeats_that_round() -> None:
    play = escalated({"id": "it", "loop": {"until": "${round == 3}", "max": 3, "agent": {"capability": "work"}}})
    play.succeed("it[0]")
    play.fail("it[1]")
    transition = play.take(YES)
    assert (transition.effects, transition.repeated) == ([ev.Offer("it[1]")], ["it[1]"])


def test_a_loop_whose_condition_had_no_value_looks_at_it_again() -> None:
    play = escalated({"id": "it", "loop": {"until": "${1 / 0 == 1}", "max": 3, "agent": {"capability": "work"}}})
    play.succeed("it[0]")
    assert play.take(YES).effects == [ev.AskHuman("it", escalated=True)]
    assert play.state.steps["it"].done == 1


def test_a_race_is_run_again() -> None:
    play = escalated({"id": "it", "agent": {"capability": "work", "strategy": "race"}})
    play.take(ev.StepSpread("it", ("ann",)))
    play.fail("it[0]")
    assert play.take(YES).effects == [ev.DropChildren("it"), ev.Offer("it")]


def test_another_run_is_started_again() -> None:
    play = escalated({"id": "it", "workflow": {"name": "other"}})
    play.take(ev.ChildEnded("it", "failed", None, {"code": "x", "message": "It broke."}, 1))
    assert play.take(YES).effects == [ev.StartChild("it", "other", {}, 2)]


def test_a_rejected_approval_may_be_asked_again() -> None:
    play = escalated({"id": "it", "approval": {"role": "reviewer", "title": "May we?"}})
    assert play.take(NO).effects == [ev.AskHuman("it", escalated=True)]
    assert play.take(YES).effects == [ev.AskHuman("it")]


def test_cancelling_withdraws_the_question() -> None:
    play = escalated({"id": "it", "wait": {"signal": "paid"}, "timeout": "5m"})
    play.take(ev.TimerFired("it", "timeout", 1))
    assert ev.WithdrawQuestion("it") in play.take(ev.RunCancelled("enough")).effects


def test_a_run_that_is_being_undone_asks_nobody() -> None:
    undo = {"action": {"tool": "cancel"}}
    play = Play(agent("a", on_error="compensate"), agent("it", on_error="escalate", compensate=undo))
    play.claim("it")
    play.fail("a")
    assert play.take(ev.StepFailed("it", "broken", "it broke.")).effects == [ev.EndRun()]
    with pytest.raises(machine.ImpossibleEvent):
        play.take(YES)
