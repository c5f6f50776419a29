"""A map does the same for each item of a list."""

from typing import Any

from coordination.engine.flow import events as ev
from coordination.engine.flow.machine import items
from tests.unit.engine.flow.plays import Play, agent, each


def mapped(*listed: Any, **rest: Any) -> Play:
    return Play(each("all", **rest), agent("after", "all"), value={"items": list(listed)})


def test_every_item_is_made_at_once_and_so_many_are_opened() -> None:
    play = Play(agent("a"), each("all", "a", concurrency=2), value={"items": ["x", "y", "z"]})
    transition = play.succeed("a")
    assert transition.created == ["all[0]", "all[1]", "all[2]"]
    assert transition.effects == [ev.Offer("all[0]"), ev.Offer("all[1]")]
    assert [play.state.steps[key].item for key in transition.created] == ["x", "y", "z"]
    assert play.statuses()["all[2]"] == "pending"


def test_when_an_item_ends_the_next_one_opens() -> None:
    play = mapped("x", "y", "z", concurrency=2)
    assert play.succeed("all[1]").effects == [ev.Offer("all[2]")]


def test_the_output_is_the_list_of_outputs_in_the_order_of_the_items() -> None:
    play = mapped("x", "y")
    play.succeed("all[1]", "second")
    assert play.succeed("all[0]", "first").effects == [ev.Offer("after")]
    assert play.state.steps["all"].output == ["first", "second"]
    assert play.notes[-1] == ev.Note("StepCompleted", "all", {"items": 2, "failed": 0})


def test_a_map_over_nothing_is_done_at_once() -> None:
    play = mapped()
    assert (play.status("all"), play.state.steps["all"].output) == ("succeeded", [])
    assert play.effects == [ev.Offer("after")]


def test_one_failed_item_fails_the_map_and_stops_the_others() -> None:
    play = mapped("x", "y", "z", concurrency=2)
    play.claim("all[1]")
    effects = play.fail("all[0]").effects
    assert effects == [ev.StopWork("all[1]"), ev.CancelRest("all"), ev.EndRun()]
    assert play.state.error == {"code": "items-failed", "message": "all[0] failed: all[0] broke.", "step": "all"}
    assert play.status("all[2]") == "cancelled"


def test_as_many_items_may_fail_as_the_map_allows() -> None:
    play = mapped("x", "y", "z", max_failures=1)
    play.fail("all[0]")
    play.succeed("all[1]", "done")
    play.succeed("all[2]", "done")
    assert play.state.steps["all"].output == [None, "done", "done"]


def test_one_failure_too_many_fails_the_map_with_the_count() -> None:
    play = mapped("x", "y", "z", max_failures=1)
    play.fail("all[0]")
    play.fail("all[2]")
    assert play.state.error is not None
    assert play.state.error["message"] == "2 of 3 items failed and 1 may; all[0] failed: all[0] broke."


def test_an_item_is_retried_by_itself() -> None:
    play = mapped("x", retry={"max": 1, "backoff": "2s"})
    assert play.fail("all[0]", retryable=True).effects == [ev.Offer("all[0]", 2.0)]


def test_each_item_sees_itself_and_its_place() -> None:
    doubled = {"over": "${input.items}", "set": {"n": "${item * 2}", "at": "${index}"}}
    play = Play({"id": "all", "map": doubled}, value={"items": [5, 6]})
    assert play.state.steps["all"].output == [{"n": 10, "at": 0}, {"n": 12, "at": 1}]


def test_the_items_may_be_written_down_with_expressions_among_them() -> None:
    play = Play({"id": "all", "map": {"over": [1, "${input.n}"], "set": {"n": "${item}"}}}, value={"n": 7})
    assert play.state.steps["all"].output == [{"n": 1}, {"n": 7}]


def test_items_may_be_runs_of_another_workflow() -> None:
    body = {"over": "${input.items}", "workflow": {"name": "other", "input": {"of": "${item}"}}, "timeout": "5m"}
    play = Play({"id": "all", "map": body}, value={"items": ["x"]})
    assert play.effects == [
        ev.StartChild("all[0]", "other", {"of": "x"}, 1),
        ev.SetTimer("all[0]", "timeout", 300.0, None, 1),
    ]
    play.take(ev.ChildEnded("all[0]", "succeeded", {"n": 1}, None, 1))
    assert play.state.steps["all"].output == [{"n": 1}]


def test_an_item_whose_expression_has_no_value_fails_alone() -> None:
    body = {"over": "${input.items}", "set": {"n": "${10 / item}"}, "max_failures": 1}
    play = Play({"id": "all", "map": body}, value={"items": [5, 0, 2]})
    assert play.state.steps["all"].output == [{"n": 2}, None, {"n": 5}]


def test_ten_thousand_items_that_compute_are_done_at_once() -> None:
    body = {"over": "${input.items}", "set": {"n": "${item + 1}"}, "concurrency": 3}
    play = Play({"id": "all", "map": body}, value={"items": list(range(10_000))})
    assert play.state.steps["all"].output[-1] == {"n": 10_000}
    assert play.state.tally.total == play.state.tally.ended == 10_001


def test_more_than_ten_thousand_items_are_refused() -> None:
    play = mapped(*range(10_001))
    assert play.ending == ("failed", "too-many-items")


def test_what_is_no_list_cannot_be_gone_through() -> None:
    play = Play(each("all"), value={"items": {"a": 1}})
    assert play.ending == ("failed", "not-a-list")


def test_outputs_that_are_too_much_together_fail_the_map(monkeypatch: Any) -> None:
    monkeypatch.setattr(items, "LARGEST_BYTES", 100)
    play = mapped("x")
    play.succeed("all[0]", "long " * 100)
    assert play.ending == ("failed", "output-too-large")


def test_a_map_in_a_paused_run_finishes_its_items_and_opens_none() -> None:
    play = mapped("x", "y", concurrency=1)
    play.claim("all[0]")
    play.take(ev.RunPaused())
    assert play.take(ev.StepSucceeded("all[0]", "done")).effects == []
    assert play.take(ev.RunResumed()).effects == [ev.Offer("all[1]")]


def test_a_run_waits_when_all_open_items_do() -> None:
    play = mapped("x", "y", concurrency=1)
    play.take(ev.StepHeld("all[0]"))
    assert play.state.status == "waiting"
    play.take(ev.StepApproved("all[0]", {}))
    assert play.state.status == "running"
