"""A step's time runs out, or comes too late to matter."""

from typing import Any

import pytest

from coordination.engine.flow import events as ev
from tests.unit.engine.flow.plays import Play, agent, each

ASK = {"id": "it", "approval": {"role": "reviewer", "title": "May we?"}, "timeout": "5m"}
SIGNAL = {"id": "it", "wait": {"signal": "paid"}, "timeout": "5m"}
CHILD = {"id": "it", "workflow": {"name": "other"}, "timeout": "5m"}
LOOP = {"id": "it", "loop": {"until": "${false}", "agent": {"capability": "work"}}, "timeout": "5m"}
MAP = each("it", timeout="5m")


@pytest.mark.parametrize("step", [ASK, SIGNAL, CHILD, LOOP, MAP])
def test_every_kind_that_the_machine_watches_over_fails_when_its_time_is_up(step: dict[str, Any]) -> None:
    play = Play(step, value={"items": [1]})
    assert play.asked(ev.SetTimer) == [ev.SetTimer("it", "timeout", 300.0, None, 1)]
    play.take(ev.TimerFired("it", "timeout", 1))
    assert play.state.error == {"code": "timeout", "message": "it took longer than 5m.", "step": "it"}


def test_the_time_of_an_agent_is_kept_by_whoever_calls_it() -> None:
    play = Play(agent("it", timeout="5m"))
    play.claim("it")
    assert play.asked(ev.SetTimer) == []
    assert play.take(ev.TimerFired("it", "timeout", 1)).touched == set()


def test_a_question_that_nobody_answered_in_time_is_withdrawn() -> None:
    play = Play({**ASK, "on_error": "continue"}, agent("after", "it"))
    assert play.take(ev.TimerFired("it", "timeout", 1)).effects == [ev.WithdrawQuestion("it"), ev.Offer("after")]


def test_the_items_of_a_map_whose_time_is_up_are_stopped() -> None:
    play = Play({**MAP, "on_error": "continue"}, agent("after", "it"), value={"items": [1]})
    play.claim("it[0]")
    assert play.take(ev.TimerFired("it", "timeout", 1)).effects == [ev.StopWork("it[0]"), ev.Offer("after")]


def test_a_timer_of_a_step_that_has_ended_changes_nothing() -> None:
    play = Play(ASK, agent("other"))
    play.take(ev.StepApproved("it", {}))
    transition = play.take(ev.TimerFired("it", "timeout", 1))
    assert (transition.effects, transition.touched) == ([], set())


def test_a_timer_of_an_earlier_attempt_changes_nothing() -> None:
    play = Play(ASK, agent("other"))
    play.take(ev.StepApproved("it", {}))
    play.take(ev.StepRetried("it"))
    assert play.take(ev.TimerFired("it", "timeout", 1)).touched == set()
    assert play.take(ev.TimerFired("it", "timeout", 2)).touched >= {"it"}


def test_a_timer_after_the_end_of_the_run_changes_nothing() -> None:
    play = Play(SIGNAL)
    play.take(ev.RunCancelled("enough"))
    assert play.take(ev.TimerFired("it", "timeout", 1)).touched == set()


def test_a_timer_of_a_step_that_is_gone_changes_nothing() -> None:
    play = Play(agent("a"))
    assert play.take(ev.TimerFired("a[3]", "timeout", 1)).touched == set()


def test_time_goes_on_in_a_paused_run() -> None:
    play = Play({"id": "it", "wait": {"for": "5m"}}, agent("after", "it"))
    play.take(ev.RunPaused())
    assert play.take(ev.TimerFired("it", "wake", 1)).effects == []
    assert play.take(ev.RunResumed()).effects == [ev.Offer("after")]


@pytest.mark.parametrize("step", [ASK, SIGNAL, CHILD, LOOP, MAP])
def test_a_step_whose_time_cannot_be_taken_fails_and_what_it_waited_for_is_called_off(step: dict[str, Any]) -> None:
    play = Play({**step, "on_error": "continue"}, agent("after", "it"), value={"items": [1]})
    play.take(ev.StepGivenUp("it", "internal-error", "It went wrong.", 1))
    assert play.state.steps["it"].error == {"code": "internal-error", "message": "It went wrong."}
    assert play.effects[-1] == ev.Offer("after")
    if step is ASK:
        assert ev.WithdrawQuestion("it") in play.effects


def test_a_step_that_has_moved_on_is_not_given_up() -> None:
    play = Play(ASK, agent("other"))
    play.take(ev.StepApproved("it", {}))
    play.take(ev.StepRetried("it"))
    assert play.take(ev.StepGivenUp("it", "internal-error", "It went wrong.", 1)).touched == set()
    assert play.status("it") == "waiting"
