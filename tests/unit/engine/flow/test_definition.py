"""What a workflow may say about a step, and what means nothing."""

from typing import Any

import pytest
from pydantic import ValidationError

from coordination.engine.flow.definition import Step, WorkflowSpec

WORK = {"capability": "work"}


def problem(**step: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Step.model_validate({"id": "a", **step})
    [error] = caught.value.errors()
    return f"{'.'.join(str(part) for part in error['loc'])}: {error['msg'].removeprefix('Value error, ')}"


def test_a_step_is_exactly_one_kind() -> None:
    kinds = "agent, vote, negotiate, approval, action, set, map, loop, workflow, wait"
    assert problem() == f": a step is exactly one of {kinds}; this names none"
    assert problem(agent=WORK, set={}) == f": a step is exactly one of {kinds}; this names agent and set"


def test_what_a_map_does_is_exactly_one_thing() -> None:
    said = "map: what is done is exactly one of agent, action, workflow, set; this names none"
    assert problem(map={"over": []}) == said


def test_a_compensation_is_an_agent_or_an_action() -> None:
    said = "compensate: what is done is exactly one of agent, action; this names none"
    assert problem(agent=WORK, compensate={}) == said


def test_several_agents_need_a_step_of_their_own() -> None:
    said = "map: strategy race needs a step of its own; a workflow may have one"
    assert problem(map={"over": [], "agent": {**WORK, "strategy": "race"}}) == said


@pytest.mark.parametrize("wait", [{}, {"for": "5m", "signal": "x"}])
def test_a_wait_is_for_exactly_one_thing(wait: dict[str, Any]) -> None:
    assert problem(wait=wait) == "wait: name exactly one of for, until or signal"


def test_only_a_signal_has_a_payload() -> None:
    assert problem(wait={"for": "5m", "payload": {"type": "object"}}) == "wait: only a signal has a payload"


@pytest.mark.parametrize(
    ("wait", "place"),
    [
        ({"for": "soon"}, "wait.for"),
        ({"until": "2027-01-31T12:00:00"}, "wait.until"),
        ({"signal": "x", "payload": {"type": "strin"}}, "wait.payload"),
        ({"signal": "Not A Name"}, "wait.signal"),
        ({"for_": "5m"}, "wait.for_"),
    ],
)
def test_what_a_wait_says_is_checked_in_its_place(wait: dict[str, Any], place: str) -> None:
    assert problem(wait=wait).startswith(f"{place}: ")


def test_a_wait_is_written_as_it_was_read() -> None:
    step = {"id": "a", "wait": {"for": "5m"}}
    assert WorkflowSpec.model_validate({"steps": [step]}).model_dump(exclude_defaults=True) == {"steps": [step]}


def test_retries_belong_to_what_can_fail_for_a_passing_reason() -> None:
    retried = "agent, vote, negotiate, action, workflow"
    assert problem(set={}, retry={"max": 2}) == f": retry means nothing here: only {retried} are repeated"
    said = ": retry means nothing here: write it inside map"
    assert problem(map={"over": [], "agent": WORK}, retry={"max": 2}) == said


def test_what_an_agent_in_a_loop_is_given_is_written_inside_the_loop() -> None:
    said = ": input means nothing here: write it inside loop"
    assert problem(loop={"until": "${true}", "agent": WORK}, input={"x": 1}) == said


def test_what_may_have_happened_is_never_retried() -> None:
    said = "retry.on: outcome-unknown is not retried: it may have happened, so a person decides"
    assert problem(agent=WORK, retry={"on": ["outcome-unknown"]}) == said


def test_only_what_calls_somebody_has_a_budget() -> None:
    said = ": budget means nothing here: wait calls no agent and no tool"
    assert problem(wait={"for": "5m"}, budget={"calls": 1}) == said
    assert problem(agent=WORK, budget={"time": "5m"}) == "budget.time: Extra inputs are not permitted"
