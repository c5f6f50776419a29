"""What validation finds is told in plain words, once for each place."""

from typing import Any

import pytest
from pydantic import ValidationError

from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.manifest import Problem, problems


def told(step: dict[str, Any]) -> list[Problem]:
    with pytest.raises(ValidationError) as refused:
        WorkflowSpec.model_validate({"steps": [{"id": "a", **step}]})
    return problems(refused.value, WorkflowSpec, "/spec")


@pytest.mark.parametrize(
    ("step", "pointer", "message", "suggestion"),
    [
        ({"set": {}, "tilte": "x"}, "/tilte", "unknown field tilte", "title"),
        ({"agent": {"name": "x", "fallback": [{"rol": "x"}]}}, "/agent/fallback/0/rol", "unknown field rol", "role"),
        ({"wait": {"fr": "5m"}}, "/wait/fr", "unknown field fr", "for"),
        ({"set": {}, "when": True}, "/when", "this should be text; put it in quotes", None),
        ({"set": {}, "needs": "b"}, "/needs", "this should be a list", None),
        ({"set": []}, "/set", "this should be names with values", None),
        ({"agent": 5}, "/agent", "this should be names with values", None),
        ({"set": {}, "join": "al"}, "/join", "this should be all or any", "all"),
        ({"action": {"tool": "t"}, "retry": {"max": "x"}}, "/retry/max", "this should be a whole number", None),
        (
            {"action": {"tool": "t"}, "retry": {"max": 50}},
            "/retry/max",
            "this should be less than or equal to 20",
            None,
        ),
        ({"set": {}, "timeout": "soon"}, "/timeout", "'soon' is not a duration; write 500ms, 20s, 5m, 2h or 3d", None),
        ({"set": {}, "title": "x" * 201}, "/title", "this should have at most 200 characters", None),
        ({"action": {}}, "/action/tool", "this field is required", None),
        ({"map": {"over": 5, "set": {}}}, "/map/over", "this should be text or a list", None),
        (
            {"id": "A b", "set": {}},
            "/id",
            "use lower-case letters, digits, _ and -, and begin with a letter",
            None,
        ),
    ],
)
def test_a_mistake_is_told_in_plain_words(
    step: dict[str, Any], pointer: str, message: str, suggestion: str | None
) -> None:
    assert told(step) == [Problem(f"/spec/steps/0{pointer}", message, suggestion)]


def test_a_step_without_a_kind_is_told_at_the_step() -> None:
    (problem,) = told({})
    assert problem.pointer == "/spec/steps/0"
    assert problem.message.startswith("a step is exactly one of agent, ")
