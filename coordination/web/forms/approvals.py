"""What a person says about a question: the verdict, why, on which revision, and other values where they edit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coordination.accounts.models import Organization
from coordination.agents.selectors import tools
from coordination.approvals.models import ApprovalRequest, Verdict
from coordination.shared.errors import FieldError
from coordination.shared.json import Json, JsonObject
from coordination.web import words
from coordination.web.forms.schema import PREFIX, Field, fields_of, value_of

# A text that is longer, or has several lines, is edited in a box.
LONG_TEXT = 120


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the decision, kept whatever comes of it."""

    verdict: str = ""
    reason: str = ""
    revision: int = 0
    to: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    is_editing: bool = False
    is_filled: bool = False

    @classmethod
    def of(cls, posted: Mapping[str, str]) -> "Typed":
        """Read a posted form; Edit outside the fields only opens them."""
        revision = posted.get("revision", "")
        return cls(
            verdict=posted.get("verdict", ""),
            reason=posted.get("reason", ""),
            revision=int(revision) if revision.isdecimal() and len(revision) < 10 else 0,
            to=posted.get("to", ""),
            values={name: value for name, value in posted.items() if name.startswith(PREFIX)},
            is_editing=posted.get("verdict") == Verdict.EDIT,
            is_filled="editing" in posted,
        )

    @property
    def only_opens(self) -> bool:
        """Tell whether nothing is said yet: the fields are asked for."""
        return self.is_editing and not self.is_filled


NOTHING_TYPED = Typed()


def fields_for(request: ApprovalRequest, typed: Typed, errors: list[FieldError]) -> list[Field]:
    """Return the action's values as fields, filled with what was typed or with what is asked for."""
    asked = {PREFIX + name: _as_text(value) for name, value in request.parameters.items()}
    values = typed.values if typed.is_filled else asked
    placed = [FieldError(error.pointer.replace("/parameters", "/input", 1), error.message) for error in errors]
    return fields_of(_schema(request.organization, request), values, placed)


def values_in(request: ApprovalRequest, typed: Typed) -> tuple[JsonObject, list[FieldError]]:
    """Return the values that were typed, and an error for each that cannot be read."""
    return value_of(_schema(request.organization, request), typed.values)


def _schema(organization: Organization, request: ApprovalRequest) -> dict[str, Any]:
    """Return the tool's own schema, with what is asked for beyond it described by its value."""
    tool = tools(organization).filter(name=request.operation).first()
    said: dict[str, Any] = tool.spec["input"] if tool else {}
    known = said.get("properties", {})
    beyond = {name: _described(value) for name, value in request.parameters.items() if name not in known}
    return {**said, "properties": {**known, **beyond}}


def _described(value: Json) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return {"type": "number"}
    if isinstance(value, str):
        is_long = len(value) > LONG_TEXT or "\n" in value
        return {"type": "string", "format": "textarea"} if is_long else {"type": "string"}
    return {"type": "object"}


def _as_text(value: Json) -> str:
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, int | float):
        return words.number(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
