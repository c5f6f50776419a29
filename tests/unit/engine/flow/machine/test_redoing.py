"""Steps are done again."""

import pytest

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from tests.unit.engine.flow.plays import Play, agent, each

LOOP = {"id": "refine", "loop": {"until": "${round == 2}", "max": 3, "agent": {"capability": "work"}}}


def test_retrying_a_step_repeats_it_and_all_that_follows_but_nothing_else() -> None:
    play = Play(agent("a"), agent("b", "a"), agent("c", "b"), agent("d", "a"))
    for step in ("a", "d"):
        play.succeed(step)
    play.fail("b")
    transition = play.take(ev.StepRetried("b"))
    assert transition.effects == [ev.Offer("b")]
    assert transition.repeated == ["b", "c"]
    for step in ("b", "c"):
        play.succeed(step)
    assert play.state.status == "succeeded"
    assert play.state.steps["d"].attempt == 1


def test_what_the_end_of_a_run_cut_off_goes_on_but_is_not_repeated() -> None:
    play = Play(agent("a"), agent("b"))
    play.claim("b")
    play.fail("a")
    transition = play.take(ev.StepRetried("a"))
    assert transition.repeated == ["a"]
    assert transition.effects == [ev.Offer("a"), ev.Offer("b")]


def test_a_step_that_has_not_ended_cannot_be_repeated() -> None:
    play = Play(agent("a"))
    with pytest.raises(machine.ImpossibleEvent, match="a has not ended"):
        play.take(ev.StepRetried("a"))


def test_what_still_runs_after_a_repeated_step_is_stopped() -> None:
    play = Play(agent("a"), agent("b", "a"))
    play.succeed("a")
    play.claim("b")
    assert play.take(ev.StepRetried("a")).effects == [ev.StopWork("b"), ev.Offer("a")]


def test_a_map_that_failed_repeats_only_what_did_not_succeed() -> None:
    play = Play(each("all", concurrency=1), value={"items": [1, 2, 3]})
    play.succeed("all[0]", "first")
    play.fail("all[1]")
    transition = play.take(ev.StepRetried("all"))
    assert transition.effects == [ev.RestorePending("all", 2), ev.Offer("all[1]")]
    assert transition.repeated == ["all[1]"]
    play.succeed("all[1]", "second")
    play.succeed("all[2]", "third")
    assert play.ending == ("succeeded", {})
    assert play.state.steps["all"].output == ["first", "second", "third"]


def test_a_map_that_succeeded_is_repeated_from_the_beginning() -> None:
    play = Play(each("all"), value={"items": [1]})
    play.succeed("all[0]")
    transition = play.take(ev.StepRetried("all"))
    assert transition.effects == [ev.DropChildren("all"), ev.Offer("all[0]")]
    assert (transition.repeated, transition.created) == (["all"], ["all[0]"])


def test_a_map_whose_items_come_from_a_repeated_step_has_new_items() -> None:
    play = Play(agent("list"), each("all", "list", over="${steps.list.output.items}"))
    play.succeed("list", {"items": [1, 2, 3]})
    play.take(ev.RunCancelled("enough"))
    play.take(ev.StepRetried("list"))
    play.succeed("list", {"items": [9]})
    assert {key for key in play.state.steps if key.startswith("all")} == {"all", "all[0]"}
    assert play.state.steps["all[0]"].item == 9


def test_no_more_items_than_allowed_are_under_way_when_a_map_is_repeated() -> None:
    play = Play(each("all", concurrency=2, max_failures=2), value={"items": [1, 2, 3, 4]})
    for index in range(3):
        play.fail(f"all[{index}]")
    transition = play.take(ev.StepRetried("all"))
    assert [effect for effect in transition.effects if isinstance(effect, ev.Offer)] == [
        ev.Offer("all[0]"),
        ev.Offer("all[1]"),
    ]
    assert play.succeed("all[0]").effects == [ev.Offer("all[2]")]
    assert play.succeed("all[1]").effects == [ev.Offer("all[3]")]


def test_one_item_is_repeated_while_its_map_goes_on() -> None:
    play = Play(each("all", max_failures=1), value={"items": [1, 2]})
    play.fail("all[0]")
    transition = play.take(ev.StepRetried("all[0]"))
    assert (transition.effects, transition.repeated) == ([ev.Offer("all[0]")], ["all[0]"])
    assert play.state.steps["all"].failed == 0
    play.succeed("all[0]", "now")
    play.succeed("all[1]", "too")
    assert play.state.steps["all"].output == ["now", "too"]


def test_a_loop_that_failed_repeats_its_last_round() -> None:
    play = Play(LOOP)
    play.succeed("refine[0]", "draft")
    play.fail("refine[1]")
    assert play.take(ev.StepRetried("refine")).effects == [ev.Offer("refine[1]")]
    play.succeed("refine[1]", "final")
    assert play.state.steps["refine"].output == "final"


def test_a_round_is_repeated_with_its_loop_only() -> None:
    play = Play(LOOP)
    play.succeed("refine[0]")
    with pytest.raises(machine.ImpossibleEvent, match="repeat refine"):
        play.take(ev.StepRetried("refine[0]"))


def test_a_map_that_the_end_of_a_run_cut_off_goes_on_where_it_was() -> None:
    play = Play(each("all", concurrency=2), agent("b"), value={"items": [1, 2, 3]})
    play.succeed("all[0]", "first")
    play.claim("all[1]")
    play.fail("b")
    effects = play.take(ev.StepRetried("b")).effects
    assert effects == [ev.Offer("all[1]"), ev.Offer("all[2]"), ev.Offer("b")]
    for step in ("all[1]", "all[2]", "b"):
        play.succeed(step, step)
    assert play.state.steps["all"].output == ["first", "all[1]", "all[2]"]


def test_a_map_whose_items_had_all_ended_when_it_was_cut_off_counts_once_for_its_followers() -> None:
    failing = {"workflow": {"name": "other", "input": {"n": "${1 / 0}"}}}
    play = Play(
        {"id": "first", "loop": {"until": "${true}", **failing}, "on_error": "compensate"},
        {"id": "all", "map": {"over": [1, 2], "max_failures": 1, **failing}, "on_error": "continue"},
        agent("last", "first", "all"),
        {"id": "pause", "wait": {"signal": "paid"}},
    )
    assert (play.state.status, play.status("all")) == ("failed", "cancelled")
    play.take(ev.StepRetried("pause"))
    assert play.status("all") == "failed"
    assert play.state.tally.met == {"last": 1}
