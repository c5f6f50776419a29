"""What a JSON Schema tells about a value before there is one."""

from typing import Any

import pytest

from coordination.engine.flow.checks.shapes import shape_of


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "string"),
        ({"type": "integer"}, "int"),
        ({"type": "number"}, "number"),
        ({"type": "boolean"}, "bool"),
        ({"type": "object"}, "map"),
        ({"type": ["string"]}, "string"),
        ({"type": ["string", "null"]}, "dyn"),
        ({"type": "null"}, "dyn"),
        ({"enum": ["a", "b"]}, "string"),
        ({"enum": ["a", 1]}, "dyn"),
        ({"enum": []}, "dyn"),
        ({"const": 5}, "int"),
        ({"type": "array"}, "list(dyn)"),
        ({"type": "array", "items": {"type": "string"}}, "list(string)"),
        ({"type": "array", "items": {"type": "number"}}, "list(dyn)"),
        ({"type": "array", "items": {"type": "object"}}, "list(map)"),
        ({"type": "array", "prefixItems": [{}], "items": {"type": "string"}}, "list(dyn)"),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"type": "string"}}}, "string"),
        ({"$ref": "#/$defs/y"}, "dyn"),
        ({"$ref": "http://elsewhere"}, "dyn"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "dyn"),
        (True, "dyn"),
        (None, "dyn"),
        ([], "dyn"),
    ],
)
def test_the_type_is_known_where_every_value_has_it(schema: Any, kind: str) -> None:
    assert shape_of(schema).kind == kind


def test_fields_are_gathered_from_every_part() -> None:
    shape = shape_of({
        "properties": {"a": {"type": "string"}},
        "allOf": [{"properties": {"b": {"type": "integer"}}}],
        "anyOf": [{"properties": {"c": {"type": "string"}}}, {"properties": {"c": {"type": "integer"}}}],
        "if": {}, "then": {"properties": {"d": {"type": "boolean"}}},
        "additionalProperties": False,
    })  # fmt: skip
    assert {name: inner.kind for name, inner in shape.fields.items()} == {
        "a": "string",
        "b": "int",
        "c": "dyn",
        "d": "bool",
    }
    assert not shape.is_closed


def test_only_a_schema_that_says_so_is_closed() -> None:
    assert shape_of({"properties": {"a": {}}, "additionalProperties": False}).is_closed
    assert not shape_of({"properties": {"a": {}}}).is_closed
    assert not shape_of({"additionalProperties": False, "patternProperties": {"^x": {}}}).is_closed


def test_a_schema_that_leads_back_to_itself_is_read_once() -> None:
    tree = {"properties": {name: {"$ref": "#"} for name in "abcdefgh"}}
    assert {*shape_of(tree).fields} == {*"abcdefgh"}
    deep: dict[str, Any] = {"$defs": {"0": {"type": "string"}}}
    for level in range(1, 40):
        parts = {name: {"$ref": f"#/$defs/{level - 1}"} for name in "ab"}
        deep["$defs"][str(level)] = {"type": "object", "properties": parts}
    shape = shape_of({**deep, "$ref": "#/$defs/39"})
    for _ in range(39):
        shape = shape.at("a")
    assert shape.kind == "string"
