"""A form from a JSON Schema: one field per property, and back from what was typed to a JSON value."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from coordination.shared.errors import FieldError
from coordination.shared.json import Json, JsonObject

PREFIX = "input."
# Text that may be longer than this is typed into a box of several lines.
LONG_TEXT = 200


class Unreadable(ValueError):
    """What was typed is not of the property's type."""


@dataclass(frozen=True, slots=True)
class Field:
    """One property as a form field."""

    name: str
    title: str
    help: str
    widget: str
    value: str
    required: bool
    options: tuple[str, ...] = ()
    step: str = ""
    error: str = ""

    @property
    def id(self) -> str:
        """Return the element's id: labels and the error summary point at it."""
        return f"field-{self.name.removeprefix(PREFIX)}"

    @property
    def described_by(self) -> str:
        """Return the ids of what describes the field."""
        parts = [("help", self.help), ("wrong", self.error)]
        return " ".join(f"{self.id}-{part}" for part, text in parts if text)


def fields_of(schema: Mapping[str, Any], typed: Mapping[str, str], errors: Iterable[FieldError] = ()) -> list[Field]:
    """Return the fields of an object's schema, filled with what was typed, errors beside them."""
    wrong = {error.pointer.removeprefix("/input").split("/")[1]: error.message for error in errors if _names(error)}
    required = schema.get("required", [])
    # PostgreSQL keeps no order of keys; what must be filled in comes first.
    ordered = sorted(schema.get("properties", {}).items(), key=lambda item: item[0] not in required)
    return [_field(name, about, typed, name in required, wrong.get(name, "")) for name, about in ordered]


def value_of(schema: Mapping[str, Any], typed: Mapping[str, str]) -> tuple[JsonObject, list[FieldError]]:
    """Return the JSON value of what was typed, and an error for each field that is missing or cannot be read."""
    value: JsonObject = {}
    errors = []
    for name, about in schema.get("properties", {}).items():
        text = typed.get(PREFIX + name, "").strip()
        if not text and about.get("type") != "boolean":
            if name in schema.get("required", ()):
                errors.append(FieldError(f"/input/{name}", "Please fill this in."))
            continue
        try:
            value[name] = _read(about, text)
        except Unreadable as error:
            errors.append(FieldError(f"/input/{name}", str(error)))
    return value, errors


def _field(name: str, about: Mapping[str, Any], typed: Mapping[str, str], required: bool, error: str) -> Field:
    default = about.get("default", "")
    return Field(
        name=PREFIX + name,
        title=about.get("title") or name.replace("_", " ").capitalize(),
        help=about.get("description", ""),
        widget=f"components/fields/{_widget(about)}.html",
        value=typed.get(PREFIX + name, default if isinstance(default, str) else json.dumps(default)),
        required=required,
        options=tuple(str(option) for option in about.get("enum", ())),
        step="1" if about.get("type") == "integer" else "any",
        error=error,
    )


def _widget(about: Mapping[str, Any]) -> str:
    kind = about.get("type", "string")
    if "enum" in about:
        return "choice"
    if kind in ("number", "integer"):
        return "number"
    if kind == "boolean":
        return "check"
    if kind in ("object", "array") or about.get("format") == "textarea":
        return "box"
    return "box" if about.get("maxLength", 0) > LONG_TEXT else "line"


def _read(about: Mapping[str, Any], text: str) -> Json:
    kind = about.get("type", "string")
    if kind == "boolean":
        return text == "on"
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            return float(text)
        if kind in ("object", "array"):
            read: Json = json.loads(text)
            return read
    except (ValueError, RecursionError):
        raise Unreadable(
            "This is not valid JSON." if kind in ("object", "array") else "This is not a number."
        ) from None
    options = about.get("enum", ())
    return next((option for option in options if str(option) == text), text)


def _names(error: FieldError) -> bool:
    return "/" in error.pointer.removeprefix("/input")
