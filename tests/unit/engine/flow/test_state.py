"""What is known of a run."""

import json

import pytest

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from tests.unit.engine.flow.plays import Play, agent, each, plan


def test_a_step_of_the_plan_that_nothing_has_happened_to_is_pending() -> None:
    state = machine.begin(plan(agent("a")), {}, {})
    assert state.steps["a"].status == "pending"


def test_what_is_neither_in_the_plan_nor_made_is_missing() -> None:
    state = machine.begin(plan(each("all")), {}, {})
    for key in ("b", "all[0]"):
        with pytest.raises(KeyError):
            state.steps[key]


def test_what_is_remembered_of_a_run_beside_its_steps_comes_back_from_json() -> None:
    wait = {"id": "w", "needs": ["a", "b"], "wait": {"signal": "paid"}}
    play = Play(agent("a", compensate={"action": {"tool": "x"}}), agent("b"), wait)
    play.take(ev.SignalSent("paid", {"n": 1}))
    play.succeed("a")
    remembered = json.loads(json.dumps(play.state.remembered()))
    again = machine.begin(play.plan, {}, {})
    again.recall(remembered)
    assert (again.tally, again.signals, again.undo) == (play.state.tally, play.state.signals, play.state.undo)
    assert remembered == {
        "total": 3,
        "ended": 1,
        "active": 1,
        "met": {"w": 1},
        "signals": [{"name": "paid", "payload": {"n": 1}}],
        "undo": ["a"],
    }


def test_a_step_sees_only_the_steps_that_it_reads() -> None:
    play = Play(agent("a"), agent("b"), agent("c", "a", "b", input={"x": "${steps.a.output}"}))
    assert set(play.state.scope("c")["steps"]) == {"a"}


def test_only_an_item_sees_an_item_and_only_a_round_sees_its_number() -> None:
    loop = {"id": "r", "loop": {"until": "${true}", "agent": {"name": "x"}}}
    play = Play(each("all"), loop, value={"items": ["x"]})
    names = {"input", "steps", "run", "context"}
    assert set(play.state.scope("all")) == set(play.state.scope("r")) == names
    assert set(play.state.scope("all[0]")) == {*names, "item", "index"}
    assert set(play.state.scope("r[0]")) == {*names, "round"}
