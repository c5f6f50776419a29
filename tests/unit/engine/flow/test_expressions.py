"""CEL inside `${…}`."""

from typing import Any

import pytest

from coordination.engine.cel import EvaluationError
from coordination.engine.flow.expressions import render, truth

SCOPE: dict[str, Any] = {
    "input": {"n": 3, "name": "Ada", "list": [1, 2]},
    "steps": {"a": {"status": "succeeded", "output": {"x": 0.5}}, "check-tone": {"output": {"verdict": "pass"}}},
    "run": {},
    "context": {},
}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("plain", "plain"),
        ("${input.n}", 3),
        ("${input.n + 1}", 4),
        ("Dear ${input.name}, ${input.n} times", "Dear Ada, 3 times"),
        ("${steps.a.output.x < 0.6}", True),
        ("${steps['check-tone'].output.verdict}", "pass"),
        ({"a": ["${input.list}"]}, {"a": [[1, 2]]}),
        ("${'}'}", "}"),
        ("${{'k': input.n}}", {"k": 3}),
        (5, 5),
    ],
)
def test_templates_keep_types_and_fill_text(template: Any, value: Any) -> None:
    assert render(template, SCOPE) == value


def test_a_missing_key_says_which() -> None:
    with pytest.raises(EvaluationError, match="nothing"):
        render("${input.nothing}", SCOPE)


def test_conditions_may_be_written_with_or_without_braces() -> None:
    assert truth("input.n == 3", SCOPE)
    assert truth("${input.n == 3}", SCOPE)
