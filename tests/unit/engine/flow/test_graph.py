"""What is wrong with a workflow is said before anything runs, all at once."""

from typing import Any

from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.flow.graph import problems_in


def found(*steps: dict[str, Any], **rest: Any) -> list[tuple[str, str, str | None]]:
    spec = WorkflowSpec.model_validate({"steps": list(steps), **rest})
    return [(p.pointer, p.message, p.suggestion) for p in problems_in(spec)]


def step(step_id: str, *needs: str, **rest: Any) -> dict[str, Any]:
    return {"id": step_id, "needs": list(needs), "agent": {"capability": "x"}, **rest}


def test_a_sound_workflow_has_no_problems() -> None:
    assert found(step("a"), step("b", "a", input={"x": "${steps.a.output.y}"}), output={"z": "${steps.b.output}"}) == []


def test_two_steps_with_one_id_are_found() -> None:
    assert found(step("a"), step("a")) == [("/spec/steps/1/id", "another step is already called a", None)]


def test_an_unknown_need_is_found_with_what_was_meant() -> None:
    assert found(step("classify"), step("b", "clasify")) == [
        ("/spec/steps/1/needs/0", "there is no step clasify", "classify")
    ]


def test_a_cycle_is_found_with_its_members() -> None:
    assert found(step("a", "b"), step("b", "a"), step("c")) == [
        ("/spec/steps/0/needs", "these steps wait for each other: a, b", None)
    ]


def test_an_output_used_before_it_exists_is_found() -> None:
    assert found(step("a"), step("b", input={"x": "${steps.a.output}"})) == [
        ("/spec/steps/1/input/x", "a may not have run yet: add it to needs", None)
    ]


def test_every_broken_expression_is_found_at_once() -> None:
    problems = found(step("a", when="${input.x +}"), step("b", "a", input={"x": "${inptu.y}"}))
    assert [pointer for pointer, _, _ in problems] == ["/spec/steps/0/when", "/spec/steps/1/input/x"]
    assert problems[1][2] == "input"


def test_a_condition_that_is_no_condition_is_found() -> None:
    assert found(step("a", when="${'yes'}"))[0][1].startswith("gives string, but bool is needed")
