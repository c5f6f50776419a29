"""An event touches few steps, however many there are."""

from coordination.engine.flow import events as ev
from coordination.engine.flow.neighbours import neighbours
from tests.unit.engine.flow.kept import Kept
from tests.unit.engine.flow.plays import Play, agent, each, plan


def after(play: Play, *keys: str) -> set[str]:
    return neighbours(play.plan, play.state, keys)


def test_the_end_of_a_step_concerns_its_followers_and_what_they_read() -> None:
    others = [agent("a"), agent("b", "a"), agent("c", "b", input={"x": "${steps.a.output}"}), agent("d", "c")]
    play = Play(*others, agent("e"))
    assert after(play, "b") == {"a", "b", "c"}


def test_a_follower_that_may_end_at_once_concerns_those_after_it() -> None:
    play = Play(agent("a"), {"id": "b", "needs": ["a"], "set": {}}, agent("c", "b", when="${true}"), agent("d", "c"))
    assert after(play, "a") >= {"a", "b", "c", "d"}


def test_a_join_does_not_concern_its_other_needs() -> None:
    play = Play(*[agent(f"a{i}") for i in range(100)], agent("join", *[f"a{i}" for i in range(100)]))
    assert after(play, "a7") == {"a7", "join"}


def test_the_end_of_an_item_concerns_its_map_and_the_next_item() -> None:
    play = Play(each("all", concurrency=2), agent("z", "all"), value={"items": list(range(9))})
    assert after(play, "all[0]") >= {"all", "all[0]", "all[2]"}
    assert "all[3]" not in after(play, "all[0]")
    assert after(play, "all[0]", "all[1]") >= {"all[2]", "all[3]"}


def test_the_last_items_concern_what_follows_the_map() -> None:
    play = Play(each("all", max_failures=9), agent("z", "all"), value={"items": [1, 2, 3]})
    play.succeed("all[0]")
    assert "z" not in after(play, "all[1]")
    assert "z" in after(play, "all[1]", "all[2]")


def test_a_racer_concerns_all_that_race_with_it() -> None:
    play = Play(agent("ask", agent={"capability": "work", "strategy": "race"}))
    play.take(ev.StepSpread("ask", ("ann", "ben")))
    assert after(play, "ask[0]") >= {"ask", "ask[0]", "ask[1]"}


def test_the_end_of_a_compensation_concerns_the_next_one() -> None:
    undo = {"action": {"tool": "cancel", "args": {"x": "${steps.first.output}"}}}
    play = Play(
        agent("first"), agent("a", compensate=undo), agent("b", compensate=undo), agent("c", on_error="compensate")
    )
    for step in ("first", "a", "b"):
        play.succeed(step)
    play.fail("c")
    assert after(play, "b.undo") >= {"b", "b.undo", "a", "a.undo", "first"}


def test_when_a_run_may_end_its_output_is_read() -> None:
    play = Play(agent("a"), agent("b"), agent("c"), output={"x": "${steps.a.output}"})
    assert "a" not in after(play, "b")
    play.succeed("a")
    assert "a" in after(play, "b", "c")


def test_the_output_is_read_too_when_a_map_may_end_with_all_its_items() -> None:
    mapped = each("all", timeout="5m", on_error="continue", concurrency=1)
    play = Play(agent("a"), mapped, value={"items": [1, 2, 3]}, output={"x": "${steps.a.output}"})
    play.succeed("a")
    assert "a" in after(play, "all")


def test_an_item_that_is_repeated_concerns_the_next_one_to_be_repeated() -> None:
    play = Play(each("all", concurrency=1, max_failures=1), value={"items": [1, 2, 3]})
    play.fail("all[0]")
    play.fail("all[1]")
    play.take(ev.StepRetried("all"))
    assert "all[1]" in after(play, "all[0]")


def test_a_child_that_is_gone_concerns_only_what_is_there() -> None:
    play = Play(each("all"), value={"items": [1]})
    assert after(play, "all[7]") >= {"all[7]", "all"}


def test_an_item_of_ten_thousand_loads_a_handful_of_steps() -> None:
    kept = Kept(plan(each("all"), agent("z", "all")), {"items": list(range(10_000))})
    kept.take(ev.RunStarted())
    assert len(kept.rows) == 10_001
    for event in (ev.StepClaimed("all[5]"), ev.StepSucceeded("all[5]", {}), ev.StepHeld("all[6]")):
        assert kept.take(event) == []
        assert kept.loaded is not None
        assert len(kept.loaded) <= 4


def test_a_step_among_a_thousand_parallel_ones_loads_only_itself_and_the_join() -> None:
    names = [f"a{i}" for i in range(999)]
    kept = Kept(plan(*[agent(name) for name in names], agent("join", *names)), {})
    kept.take(ev.RunStarted())
    for name in names[:3]:
        kept.take(ev.StepClaimed(name))
        assert kept.take(ev.StepSucceeded(name, {})) == []
        assert kept.loaded is not None
        assert set(kept.loaded) == {name, "join"}
