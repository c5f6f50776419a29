"""What the page about the API shows, computed from its OpenAPI document."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TONES = {"get": "run", "post": "ok", "put": "wait", "patch": "wait", "delete": "bad"}
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing to put into the address or a header."""

    name: str
    place: str
    type: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One possible answer."""

    status: str
    description: str
    shape: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked."""

    anchor: str
    method: str
    tone: str
    path: str
    summary: str
    parameters: tuple[Parameter, ...]
    body: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What can be asked about one kind of thing."""

    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class DocsPage:
    """The whole page."""

    title: str
    version: str
    sections: tuple[Section, ...]
    kinds: tuple[str, ...]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "DocsPage":
        """Return the page of an OpenAPI document."""
        schemas = document["components"]["schemas"]
        sections: dict[str, list[Operation]] = {}
        for path, methods in document["paths"].items():
            name = path.removeprefix("/api/v1/").partition("/")[0]
            sections.setdefault(name, []).extend(_operations(path, methods, schemas))
        return cls(
            title=document["info"]["title"],
            version=document["info"]["version"],
            sections=tuple(Section(name, tuple(found)) for name, found in sorted(sections.items())),
            kinds=tuple(name.removesuffix(".Manifest") for name in schemas if name.endswith(".Manifest")),
        )


def _operations(path: str, methods: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Operation]:
    for method, said in methods.items():
        yield Operation(
            anchor=said["operationId"],
            method=method.upper(),
            tone=_TONES.get(method, "text"),
            path=path,
            summary=said.get("description", ""),
            parameters=tuple(_parameter(one) for one in said.get("parameters", ())),
            body=_shape_in(said.get("requestBody", {}), schemas),
            answers=tuple(
                Answer(status, one.get("description", ""), _shape_in(one, schemas))
                for status, one in said["responses"].items()
                if status != "default"
            ),
        )


def _parameter(said: Mapping[str, Any]) -> Parameter:
    schema = said.get("schema", {})
    kind = " | ".join(map(str, schema["enum"])) if "enum" in schema else str(schema.get("type", ""))
    return Parameter(said["name"], said["in"], kind, said.get("required", False), said.get("description", ""))


def _shape_in(said: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    for content in said.get("content", {}).values():
        return json.dumps(_shape(content.get("schema", {}), schemas, 0), indent=2, ensure_ascii=False)
    return ""


def _shape(schema: Any, schemas: Mapping[str, Any], depth: int) -> Any:
    """Return an outline of what a schema describes: names, with ? where they may be left out, and types."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _shape(schemas.get(name, {}), schemas, depth + 1) if depth < _DEEPEST else name
    if "properties" in schema:
        required = schema.get("required", ())
        return {
            name if name in required else f"{name}?": _shape(inner, schemas, depth + 1)
            for name, inner in schema["properties"].items()
        }
    if schema.get("type") == "array":
        return [_shape(schema.get("items", {}), schemas, depth + 1)]
    if "enum" in schema or "const" in schema:
        return " | ".join(map(str, schema.get("enum", [schema.get("const")])))
    options = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
    if options:
        shapes = [_shape(option, schemas, depth + 1) for option in options]
        texts = [shape for shape in shapes if isinstance(shape, str)]
        return " | ".join(texts) if len(texts) == len(shapes) else next(s for s in shapes if not isinstance(s, str))
    kind = schema.get("type", "any")
    return " | ".join(kind) if isinstance(kind, list) else schema.get("format", kind)
