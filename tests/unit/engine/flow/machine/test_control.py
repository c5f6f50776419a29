"""What people do to a run at any time."""

import pytest

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from tests.unit.engine.flow.plays import Play, agent, each

ASK = {"id": "ask", "approval": {"role": "reviewer", "title": "May we?"}}
CHILD = {"id": "child", "workflow": {"name": "other"}}


def test_a_paused_run_finishes_what_runs_and_starts_nothing() -> None:
    play = Play(agent("a"), agent("b", "a"))
    play.claim("a")
    play.take(ev.RunPaused())
    assert play.take(ev.StepSucceeded("a", {})).effects == []
    with pytest.raises(machine.ImpossibleEvent, match="paused"):
        play.claim("b")
    assert play.take(ev.RunResumed()).effects == [ev.Offer("b")]


def test_a_paused_run_starts_no_other_run_until_it_is_resumed() -> None:
    play = Play(agent("a"), {**CHILD, "needs": ["a"], "timeout": "5m"})
    play.claim("a")
    play.take(ev.RunPaused())
    assert play.take(ev.StepSucceeded("a", {})).effects == []
    effects = play.take(ev.RunResumed()).effects
    assert effects == [ev.StartChild("child", "other", {}, 1), ev.SetTimer("child", "timeout", 300.0, None, 1)]


def test_what_is_resumed_is_offered_in_the_order_of_the_workflow() -> None:
    play = Play(each("all", concurrency=2), agent("z"), value={"items": [1, 2]})
    play.take(ev.RunPaused())
    assert play.take(ev.RunResumed()).effects == [ev.Offer("all[0]"), ev.Offer("all[1]"), ev.Offer("z")]


def test_only_a_paused_run_is_resumed() -> None:
    play = Play(agent("a"))
    with pytest.raises(machine.ImpossibleEvent, match="not paused"):
        play.take(ev.RunResumed())


def test_cancelling_refuses_late_results() -> None:
    play = Play(agent("a"))
    play.claim("a")
    play.take(ev.RunCancelled("enough"))
    with pytest.raises(machine.ImpossibleEvent):
        play.take(ev.StepSucceeded("a", {}))
    assert play.ending == ("cancelled", "cancelled")


def test_cancelling_tells_everybody_who_is_busy() -> None:
    play = Play(agent("a"), ASK, CHILD, each("all", concurrency=1), value={"items": [1, 2]})
    play.claim("a")
    play.claim("all[0]")
    effects = play.take(ev.RunCancelled("enough")).effects
    assert effects == [
        ev.StopWork("a"),
        ev.WithdrawQuestion("ask"),
        ev.CancelChild("child"),
        ev.StopWork("all[0]"),
        ev.CancelRest("all"),
        ev.EndRun(),
    ]
    assert set(play.statuses().values()) == {"cancelled"}


def test_a_run_ends_once() -> None:
    play = Play(agent("a"))
    play.succeed("a")
    with pytest.raises(machine.ImpossibleEvent, match="already ended"):
        play.take(ev.RunCancelled("enough"))


def test_skipping_a_waiting_step_withdraws_its_question() -> None:
    play = Play(ASK, agent("b", "ask"))
    effects = play.take(ev.StepSkipped("ask", "not needed")).effects
    assert effects == [ev.WithdrawQuestion("ask"), ev.Offer("b")]


def test_skipping_a_running_step_stops_its_work() -> None:
    play = Play(agent("a"), agent("b", "a"))
    play.claim("a")
    assert play.take(ev.StepSkipped("a", "not needed")).effects == [ev.StopWork("a"), ev.Offer("b")]


def test_overriding_a_failed_step_revives_the_run() -> None:
    play = Play(agent("a"), agent("b", "a"))
    play.fail("a")
    assert play.take(ev.StepOverridden("a", {"by": "hand"})).effects == [ev.Offer("b")]
    play.succeed("b")
    assert play.state.status == "succeeded"


def test_a_run_that_was_let_go_on_past_a_failure_fails_if_something_waited_for_it() -> None:
    play = Play(agent("a"), agent("b"), agent("c", "a"))
    play.fail("a")
    play.take(ev.StepSkipped("b", "not needed"))
    assert play.ending == ("failed", "broken")
    assert play.state.error == {"code": "broken", "message": "a broke.", "step": "a"}


def test_a_step_that_is_done_cannot_be_skipped_or_overridden() -> None:
    play = Play(agent("a"), agent("b"))
    play.succeed("a")
    for event in (ev.StepSkipped("a", "why not"), ev.StepOverridden("a", {})):
        with pytest.raises(machine.ImpossibleEvent, match="already succeeded"):
            play.take(event)


def test_overriding_a_step_that_was_allowed_to_fail_counts_it_once() -> None:
    play = Play(agent("a", on_error="continue"), agent("b"), agent("c", "a", "b"))
    play.fail("a")
    assert play.take(ev.StepOverridden("a", {})).effects == []
    assert play.succeed("b").effects == [ev.Offer("c")]


def test_skipping_a_map_stops_its_items() -> None:
    play = Play(each("all", concurrency=1), agent("b", "all"), value={"items": [1, 2]})
    play.claim("all[0]")
    effects = play.take(ev.StepSkipped("all", "not needed")).effects
    assert effects == [ev.StopWork("all[0]"), ev.CancelRest("all"), ev.Offer("b")]


def test_an_item_is_skipped_or_overridden_while_its_map_goes_on() -> None:
    play = Play(each("all", concurrency=2), value={"items": [1, 2]})
    play.take(ev.StepSkipped("all[0]", "not needed"))
    play.take(ev.StepOverridden("all[1]", "mine"))
    assert play.state.steps["all"].output == [None, "mine"]


def test_an_item_that_failed_may_still_be_overridden() -> None:
    play = Play(each("all", max_failures=1), value={"items": [1, 2]})
    play.fail("all[0]")
    play.take(ev.StepOverridden("all[0]", "mine"))
    play.succeed("all[1]", "done")
    assert play.state.steps["all"].output == ["mine", "done"]
    assert play.state.steps["all"].failed == 0


def test_an_item_that_has_not_begun_is_left_to_its_turn() -> None:
    play = Play(each("all", concurrency=1), value={"items": [1, 2]})
    with pytest.raises(machine.ImpossibleEvent, match="not under way"):
        play.take(ev.StepSkipped("all[1]", "not needed"))
