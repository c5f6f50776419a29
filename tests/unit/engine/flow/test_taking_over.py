"""A person does an agent's step in its place."""

import pytest

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.flow.graph import Plan
from coordination.engine.flow.state import RunState

BY = "user:ann"
STEPS = [
    {"id": "a", "agent": {"name": "echo"}},
    {"id": "b", "needs": ["a"], "set": {"seen": "${steps.a.output.n}"}},
    {"id": "c", "action": {"tool": "t"}},
]


@pytest.fixture
def plan() -> Plan:
    return Plan(WorkflowSpec.model_validate({"steps": STEPS}))


@pytest.fixture
def state(plan: Plan) -> RunState:
    begun = machine.begin(plan, {}, {})
    machine.apply(plan, begun, ev.RunStarted())
    return begun


def test_the_agent_at_work_is_told_to_stop_and_the_step_waits_for_the_person(plan: Plan, state: RunState) -> None:
    machine.apply(plan, state, ev.StepClaimed("a"))
    effects = machine.apply(plan, state, ev.StepTakenOver("a", BY)).effects
    assert effects == [ev.StopWork("a")]
    assert (state.steps["a"].status, state.steps["a"].held_by) == ("waiting", BY)


def test_the_question_that_held_the_step_is_withdrawn(plan: Plan, state: RunState) -> None:
    machine.apply(plan, state, ev.StepHeld("a"))
    assert machine.apply(plan, state, ev.StepTakenOver("a", BY)).effects == [ev.WithdrawQuestion("a")]


def test_what_the_person_gives_is_the_output_and_the_run_goes_on(plan: Plan, state: RunState) -> None:
    machine.apply(plan, state, ev.StepTakenOver("a", BY))
    machine.apply(plan, state, ev.StepOverridden("a", {"n": 7}))
    assert state.steps["a"].held_by == ""
    assert state.steps["b"].output == {"seen": 7}


def test_a_step_that_is_given_back_is_offered_again(plan: Plan, state: RunState) -> None:
    machine.apply(plan, state, ev.StepTakenOver("a", BY))
    assert machine.apply(plan, state, ev.StepHandedBack("a")).effects == [ev.Offer("a")]
    assert (state.steps["a"].status, state.steps["a"].held_by) == ("ready", "")


def test_a_step_that_somebody_has_taken_over_is_theirs(plan: Plan, state: RunState) -> None:
    machine.apply(plan, state, ev.StepTakenOver("a", BY))
    with pytest.raises(machine.ImpossibleEvent, match="ann has taken a over"):
        machine.apply(plan, state, ev.StepTakenOver("a", "user:bob"))


@pytest.mark.parametrize("key", ["b", "c"])
def test_only_what_is_an_agents_and_open_can_be_taken_over(plan: Plan, state: RunState, key: str) -> None:
    with pytest.raises(machine.ImpossibleEvent):
        machine.apply(plan, state, ev.StepTakenOver(key, BY))


def test_nobody_gives_back_what_nobody_took(plan: Plan, state: RunState) -> None:
    machine.apply(plan, state, ev.StepHeld("a"))
    with pytest.raises(machine.ImpossibleEvent, match="nobody has taken a over"):
        machine.apply(plan, state, ev.StepHandedBack("a"))
