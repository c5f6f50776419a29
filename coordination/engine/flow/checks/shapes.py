"""What is known about a JSON value before there is one: its type and its fields, from a JSON Schema."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_KINDS = {"string": "string", "boolean": "bool", "integer": "int", "number": "number", "object": "map"}
_ITEMS = {"string": "list(string)", "bool": "list(bool)", "int": "list(int)", "map": "list(map)"}
_OPENING = ("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "patternProperties", "dependentSchemas")


@dataclass(frozen=True, slots=True)
class Shape:
    """A value's type in CEL (`dyn` when it may be any, `number` for int or double), and what is inside it.

    A shape that is not closed may have fields besides those that are known; `options` are the only texts there are.
    """

    kind: str = "dyn"
    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    item: "Shape | None" = None
    is_closed: bool = False
    options: tuple[str, ...] = ()

    def at(self, key: str | int) -> "Shape":
        """Return what is known about a field, or about the items of a list."""
        if isinstance(key, int):
            return self.item or ANY
        return self.fields.get(key, ANY)


ANY = Shape()
TEXT = Shape("string")
TRUTH = Shape("bool")
WHOLE = Shape("int")


def closed(fields: Mapping[str, Shape]) -> Shape:
    """Return an object that has these fields and no other."""
    return Shape("map", fields, is_closed=True)


def list_of(item: Shape) -> Shape:
    """Return a list of items of one shape."""
    return Shape(_ITEMS.get(item.kind, "list(dyn)"), item=item)


def shape_of(schema: Any) -> Shape:
    """Return what a JSON Schema says about a value; whatever it leaves open stays open."""
    return _Reading(schema).shape(schema)


def literal(value: Any) -> Shape:
    """Return the shape of a JSON value that is written out; what an expression will be is not known yet."""
    match value:
        case bool():
            return TRUTH
        case int():
            return WHOLE
        case float():
            return Shape("number")
        case str():
            return ANY if "${" in value else TEXT
        case list():
            return list_of(_common(literal(item) for item in value))
        case dict():
            return closed({str(name): literal(inner) for name, inner in value.items()})
    return ANY


class _Reading:
    """One schema with the definitions that its references lead to; each part of it is read once."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._read: dict[int, Shape] = {}

    def shape(self, schema: Any) -> Shape:
        """Return the shape of a part of the schema; inside itself it may be anything."""
        if not isinstance(schema, Mapping):
            return ANY
        if id(schema) not in self._read:
            self._read[id(schema)] = ANY
            self._read[id(schema)] = self._shape(schema)
        return self._read[id(schema)]

    def _shape(self, schema: Mapping[str, Any]) -> Shape:
        parts = [self.shape(part) for part in self._parts(schema)]
        kind = _kind(schema)
        if kind == "list":
            return list_of(ANY if "prefixItems" in schema else self.shape(schema.get("items")))
        if kind == "dyn" and len(parts) == 1 and "$ref" in schema:
            return parts[0]
        if kind == "string":
            return Shape(kind, options=_options(schema))
        is_open = schema.get("additionalProperties", True) is not False or any(word in schema for word in _OPENING)
        return Shape(kind, self._fields(schema, parts), is_closed=not is_open)

    def _fields(self, schema: Mapping[str, Any], parts: Iterable[Shape]) -> dict[str, Shape]:
        properties = schema.get("properties")
        own = properties if isinstance(properties, Mapping) else {}
        found = {str(name): self.shape(inner) for name, inner in own.items()}
        for part in parts:
            for name, inner in part.fields.items():
                found[name] = _common([found[name], inner]) if name in found else inner
        return found

    def _parts(self, schema: Mapping[str, Any]) -> list[Any]:
        """Return the schemas that say more about the same value, or may."""
        several = [schema.get(word) for word in ("allOf", "anyOf", "oneOf")]
        found = [part for group in several if isinstance(group, list) for part in group]
        found += [schema[word] for word in ("then", "else") if word in schema]
        reference = schema.get("$ref")
        return [*found, self._referred(reference)] if isinstance(reference, str) else found

    def _referred(self, reference: str) -> Any:
        """Return what a reference into the same schema leads to."""
        if reference != "#" and not reference.startswith("#/"):
            return None
        found = self._root
        for part in reference.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the type that every value has which fits; texts that are listed are texts."""
    said = schema.get("type")
    if isinstance(said, list) and len(said) == 1:
        said = said[0]
    if isinstance(said, str):
        return "list" if said == "array" else _KINDS.get(said, "dyn")
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    if said is None and isinstance(listed, list) and listed:
        return _common(literal(value) for value in listed).kind
    return "dyn"


def _options(schema: Mapping[str, Any]) -> tuple[str, ...]:
    listed = schema.get("enum")
    return tuple(value for value in listed if isinstance(value, str)) if isinstance(listed, list) else ()


def _common(shapes: Iterable[Shape]) -> Shape:
    """Return what is known of a value that has one of these shapes."""
    distinct = list({_key(shape): shape for shape in shapes}.values())
    return distinct[0] if len(distinct) == 1 else ANY


def _key(shape: Shape) -> tuple[Any, ...]:
    return shape.kind, shape.is_closed, tuple(sorted(shape.fields)), shape.item and shape.item.kind, shape.options
