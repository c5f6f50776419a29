"""A JSON Schema that a workflow says is checked before anything is measured by it."""

from typing import Any

import pytest

from coordination.engine.flow.definition import input_errors
from coordination.engine.flow.problems import problems_of

STEPS = [{"id": "a", "set": {}}]


@pytest.mark.parametrize(
    ("schema", "pointer", "message", "suggestion"),
    [
        ({"type": "objekt"}, "/spec/input/type", "there is no type objekt", "object"),
        (
            {"properties": {"a/b": {"type": "strin"}}},
            "/spec/input/properties/a~1b/type",
            "there is no type strin",
            "string",
        ),
        ({"required": "name"}, "/spec/input/required", "this is not a JSON Schema", None),
        ({"pattern": "("}, "/spec/input/pattern", "'(' is not a regular expression", None),
        ({"$ref": "#/$defs/none"}, "/spec/input/$ref", "#/$defs/none leads nowhere", None),
        ({"$ref": "http://127.0.0.1:9/x"}, "/spec/input/$ref", "http://127.0.0.1:9/x leads nowhere", None),
        ({"$ref": "#"}, "/spec/input/$ref", "# leads back to itself without end", None),
        ({"allOf": [{"$ref": "#/allOf/7"}]}, "/spec/input/allOf/0/$ref", "#/allOf/7 leads nowhere", None),
    ],
)
def test_what_is_wrong_with_a_schema_has_its_place(
    schema: dict[str, Any], pointer: str, message: str, suggestion: str | None
) -> None:
    (problem,) = problems_of({"input": schema, "steps": STEPS})
    assert (problem.pointer, problem.suggestion) == (pointer, suggestion)
    assert problem.message.startswith(message)


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"child": {"$ref": "#"}}},
        {"$defs": {"x": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/x"}}},
        {"$id": "urn:x", "$ref": "#somewhere"},
        {"const": {"$ref": "is no reference here"}},
    ],
)
def test_a_sound_schema_is_left_alone(schema: dict[str, Any]) -> None:
    assert problems_of({"input": schema, "steps": STEPS}) == []


def test_the_payload_of_a_signal_is_a_schema_too() -> None:
    def told(payload: dict[str, Any]) -> list[str]:
        problems = problems_of({"steps": [{"id": "w", "wait": {"signal": "x", "payload": payload}}]})
        return [one.pointer for one in problems]

    assert told({"type": "objekt", "required": 5}) == [
        "/spec/steps/0/wait/payload/type",
        "/spec/steps/0/wait/payload/required",
    ]
    assert told({"$ref": "#/nowhere"}) == ["/spec/steps/0/wait/payload/$ref"]
    assert told({"type": "object"}) == []


@pytest.mark.parametrize(
    "schema", [{"pattern": "("}, {"$ref": "#/nowhere"}, {"$ref": "http://127.0.0.1:9"}, {"$ref": "#"}]
)
def test_a_value_does_not_fit_a_schema_that_is_none(schema: dict[str, Any]) -> None:
    ((place, message),) = input_errors(schema, "x")
    assert place == []
    assert message.startswith("the schema ")
