"""Steps of the plan open when what they need is done."""

from typing import Any

import pytest

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from tests.unit.engine.flow.plays import Play, agent

ASK = {"id": "ask", "approval": {"role": "reviewer", "title": "May we?"}}


def test_steps_without_needs_are_offered_together() -> None:
    play = Play(agent("a"), agent("b"), agent("c", "a", "b"))
    assert play.effects == [ev.Offer("a"), ev.Offer("b")]


def test_a_step_opens_when_all_its_needs_are_done() -> None:
    play = Play(agent("a"), agent("b"), agent("c", "a", "b"))
    assert play.succeed("a").effects == []
    assert play.succeed("b").effects == [ev.Offer("c")]


def test_join_any_opens_at_the_first_success() -> None:
    play = Play(agent("a"), agent("b"), agent("c", "a", "b", join="any"))
    assert play.succeed("a").effects == [ev.Offer("c")]
    assert play.succeed("b").effects == []


def test_join_any_opens_when_nothing_succeeded_but_all_may_be_passed() -> None:
    play = Play(agent("a", on_error="continue"), agent("b", on_error="continue"), agent("c", "a", "b", join="any"))
    assert play.fail("a").effects == []
    assert play.fail("b").effects == [ev.Offer("c")]


def test_a_run_ends_with_its_output_when_nothing_is_left() -> None:
    play = Play(agent("a"), output={"said": "${steps.a.output.word}"})
    assert play.succeed("a", {"word": "yes"}).effects == [ev.EndRun()]
    assert play.ending == ("succeeded", {"said": "yes"})


def test_an_output_without_a_value_fails_the_run() -> None:
    play = Play(agent("a"), output={"said": "${steps.a.output.word}"})
    play.succeed("a", {})
    assert play.ending == ("failed", "expression-failed")


def test_a_condition_that_does_not_hold_skips_the_step_and_the_run_goes_on() -> None:
    play = Play(agent("a", when="${input.n > 5}"), agent("b", "a"), value={"n": 1})
    assert play.status("a") == "skipped"
    assert play.effects == [ev.Offer("b")]
    assert [note.kind for note in play.notes] == ["ConditionUnmet"]


def test_a_set_step_needs_no_worker() -> None:
    play = Play({"id": "a", "set": {"twice": "${input.n * 2}"}}, agent("b", "a"), value={"n": 21})
    assert play.state.steps["a"].output == {"twice": 42}
    assert play.effects == [ev.Offer("b")]


def test_a_thousand_steps_that_compute_one_after_the_other_are_done_at_once() -> None:
    def following(index: int) -> dict[str, Any]:
        before = f"s{index - 1}"
        return {"id": f"s{index}", "needs": [before], "set": {"n": f"${{steps.{before}.output.n + 1}}"}}

    others = [following(index) for index in range(1, 1_000)]
    play = Play({"id": "s0", "set": {"n": 0}}, *others, output={"n": "${steps.s999.output.n}"})
    assert play.ending == ("succeeded", {"n": 999})


def test_an_expression_without_a_value_fails_the_step_and_the_run_with_the_reason() -> None:
    play = Play({"id": "a", "set": {"x": "${1 / input.n}"}}, value={"n": 0})
    assert play.state.status == "failed"
    assert play.state.error == {"code": "expression-failed", "message": "1 / input.n: divide by zero", "step": "a"}


def test_a_run_that_failed_while_it_started_starts_nothing_more() -> None:
    play = Play({"id": "a", "set": {"x": "${1 / 0}"}}, agent("b"))
    assert play.effects == [ev.EndRun()]
    assert play.status("b") == "cancelled"


def test_an_approval_step_asks_and_its_answer_is_its_output() -> None:
    play = Play(ASK, agent("b", "ask"))
    assert play.effects == [ev.AskHuman("ask")]
    assert play.state.status == "waiting"
    assert play.take(ev.StepApproved("ask", {"by": "r"})).effects == [ev.Offer("b")]
    assert play.state.steps["ask"].output == {"by": "r"}


def test_an_expression_sees_a_step_that_gave_nothing_as_empty() -> None:
    play = Play(agent("a", when="${false}"), {"id": "b", "needs": ["a"], "set": {"is": "${steps.a}"}})
    assert play.state.steps["b"].output == {"is": {"status": "skipped", "output": {}}}


def test_an_expression_may_go_through_all_steps() -> None:
    text = "${steps.filter(name, steps[name].status == 'succeeded')}"
    play = Play(agent("a"), {"id": "b", "needs": ["a"], "set": {"done": text}})
    play.succeed("a")
    assert play.state.steps["b"].output == {"done": ["a"]}


def test_a_run_starts_once() -> None:
    play = Play(agent("a"))
    with pytest.raises(machine.ImpossibleEvent, match="already started"):
        play.take(ev.RunStarted())
