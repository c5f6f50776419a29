"""A step may be a run of another workflow."""

from typing import Any

from coordination.engine.flow import events as ev
from tests.unit.engine.flow.plays import Play, agent


def child(**rest: Any) -> dict[str, Any]:
    return {"id": "child", "workflow": {"name": "other", "input": {"n": "${input.n}"}}, **rest}


def ended(status: str, output: Any = None, attempt: int = 1) -> ev.ChildEnded:
    error = None if status == "succeeded" else {"code": "x", "message": "It broke."}
    return ev.ChildEnded("child", status, output, error, attempt)


def test_the_other_run_is_asked_for_with_its_input() -> None:
    play = Play(child(), value={"n": 5})
    assert play.effects == [ev.StartChild("child", "other", {"n": 5}, 1)]
    assert (play.status("child"), play.state.status) == ("running", "running")


def test_its_output_is_the_steps_output() -> None:
    play = Play(child(), agent("after", "child"), value={"n": 5})
    assert play.take(ended("succeeded", {"sum": 6})).effects == [ev.Offer("after")]
    assert play.state.steps["child"].output == {"sum": 6}


def test_its_failure_is_the_steps_failure() -> None:
    play = Play(child(), value={"n": 5})
    play.take(ended("failed"))
    message = "The run of other failed: It broke."
    assert play.state.error == {"code": "run-failed", "message": message, "step": "child"}


def test_a_run_that_failed_is_started_again_after_the_backoff() -> None:
    play = Play(child(retry={"max": 1, "backoff": "9s"}), value={"n": 5})
    assert play.take(ended("failed")).effects == [ev.SetTimer("child", "wake", 9.0, None, 1)]
    assert play.take(ev.TimerFired("child", "wake", 1)).effects == [ev.StartChild("child", "other", {"n": 5}, 2)]
    play.take(ended("failed", attempt=2))
    assert play.state.status == "failed"


def test_a_run_that_people_cancelled_is_not_started_again() -> None:
    play = Play(child(retry={"max": 5}), value={"n": 5})
    play.take(ended("cancelled"))
    assert play.ending == ("failed", "run-cancelled")


def test_the_end_of_an_earlier_run_changes_nothing() -> None:
    play = Play(child(retry={"max": 1}, timeout="5m"), value={"n": 5})
    play.take(ev.TimerFired("child", "timeout", 1))
    play.take(ev.TimerFired("child", "wake", 1))
    transition = play.take(ended("succeeded", attempt=1))
    assert (transition.effects, transition.touched, play.status("child")) == ([], set(), "running")


def test_a_run_that_takes_too_long_is_cancelled_and_may_be_tried_again() -> None:
    play = Play(child(retry={"max": 1, "backoff": "9s"}, timeout="5m"), value={"n": 5})
    effects = play.take(ev.TimerFired("child", "timeout", 1)).effects
    assert effects == [ev.CancelChild("child"), ev.SetTimer("child", "wake", 9.0, None, 1)]
    assert play.state.steps["child"].error == {"code": "timeout", "message": "child took longer than 5m."}


def test_an_input_without_a_value_fails_the_step() -> None:
    play = Play(child(), value={})
    assert play.ending == ("failed", "expression-failed")
