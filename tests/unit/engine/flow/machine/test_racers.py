"""Several agents work on one step at once."""

from typing import Any

import pytest

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from tests.unit.engine.flow.plays import Play, agent


def asked(strategy: str, **rest: Any) -> Play:
    call = {"capability": "work", "strategy": strategy, **rest.pop("agent", {})}
    return Play(agent("ask", **{"agent": call, **rest}), agent("after", "ask"))


def spread(play: Play, *agents: str) -> machine.Transition:
    return play.take(ev.StepSpread("ask", agents))


def test_each_agent_gets_a_step_of_its_own() -> None:
    play = asked("race")
    transition = spread(play, "ann", "ben")
    assert transition.created == ["ask[0]", "ask[1]"]
    assert transition.effects == [ev.Offer("ask[0]"), ev.Offer("ask[1]")]
    assert [play.state.steps[key].agent for key in transition.created] == ["ann", "ben"]


def test_no_more_agents_work_than_were_asked_for() -> None:
    play = asked("race", agent={"n": 2})
    assert spread(play, "ann", "ben", "cleo").created == ["ask[0]", "ask[1]"]


def test_a_step_for_several_agents_is_not_claimed_itself() -> None:
    play = asked("race")
    assert machine.spreads(play.plan, play.state, "ask")
    with pytest.raises(machine.ImpossibleEvent, match="say which"):
        play.claim("ask")


def test_a_racer_is_claimed_like_any_step_and_asks_for_what_its_parent_asks_for() -> None:
    play = asked("race")
    spread(play, "ann", "ben")
    assert not machine.spreads(play.plan, play.state, "ask[0]")
    assert machine.target_of(play.plan, play.state, "ask[0]").capability == "work"


def test_the_first_answer_of_a_race_counts_and_the_others_stop() -> None:
    play = asked("race")
    spread(play, "ann", "ben", "cleo")
    play.claim("ask[0]")
    effects = play.succeed("ask[1]", "mine", confidence=0.9).effects
    assert effects == [ev.StopWork("ask[0]"), ev.Offer("after")]
    ask = play.state.steps["ask"]
    assert (ask.output, ask.confidence) == ("mine", 0.9)
    assert [play.status(f"ask[{index}]") for index in range(3)] == ["cancelled", "succeeded", "cancelled"]


def test_a_race_goes_on_as_long_as_anybody_runs() -> None:
    play = asked("race")
    spread(play, "ann", "ben")
    assert play.fail("ask[0]").effects == []
    assert play.succeed("ask[1]").effects == [ev.Offer("after")]


def test_a_race_that_everybody_lost_fails() -> None:
    play = asked("race")
    spread(play, "ann", "ben")
    play.fail("ask[1]")
    play.fail("ask[0]")
    message = "None of 2 agents could do it; the first, ann: ask[0] broke."
    assert play.state.error == {"code": "broken", "message": message, "step": "ask"}


def test_a_race_that_everybody_lost_goes_to_the_fallback_with_new_racers() -> None:
    play = asked("race", agent={"fallback": [{"role": "expert"}]})
    spread(play, "ann")
    assert play.fail("ask[0]").effects == [ev.Offer("ask")]
    assert machine.target_of(play.plan, play.state, "ask").role == "expert"
    transition = spread(play, "eve")
    assert transition.effects == [ev.DropChildren("ask"), ev.Offer("ask[0]")]
    assert machine.target_of(play.plan, play.state, "ask[0]").role == "expert"
    play.succeed("ask[0]", "mine")
    assert play.state.steps["ask"].output == "mine"


def test_all_answers_are_given_in_the_order_of_the_agents() -> None:
    play = asked("all")
    spread(play, "ann", "ben")
    play.succeed("ask[1]", "b", confidence=0.5)
    play.succeed("ask[0]", "a")
    assert play.state.steps["ask"].output == {
        "results": [{"agent": "ann", "output": "a"}, {"agent": "ben", "output": "b", "confidence": 0.5}]
    }


def test_who_gave_no_answer_is_named_beside_the_answers() -> None:
    play = asked("all")
    spread(play, "ann", "ben")
    play.fail("ask[0]")
    play.succeed("ask[1]", "b")
    assert play.state.steps["ask"].output == {
        "results": [{"agent": "ben", "output": "b"}],
        "failed": [{"agent": "ann", "error": {"code": "broken", "message": "ask[0] broke."}}],
    }


def test_all_of_nothing_is_a_failure() -> None:
    play = asked("all")
    spread(play, "ann")
    play.fail("ask[0]")
    assert play.ending == ("failed", "broken")


def test_each_racer_has_the_retries_of_the_step() -> None:
    play = asked("race", retry={"max": 1, "backoff": "2s"})
    spread(play, "ann", "ben")
    assert play.fail("ask[0]", retryable=True).effects == [ev.Offer("ask[0]", 2.0)]


def test_a_step_without_agents_to_spread_over_fails() -> None:
    play = asked("race")
    play.take(ev.StepFailed("ask", "no-agent", "Nobody can."))
    assert play.ending == ("failed", "no-agent")


def test_a_step_for_one_agent_is_not_spread() -> None:
    play = asked("best")
    with pytest.raises(machine.ImpossibleEvent, match="cannot be spread"):
        spread(play, "ann")
