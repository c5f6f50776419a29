"""What a person says about a question: the verdict, why, on which revision, and other values where they edit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core import signing
from django.http import QueryDict

from coordination.accounts.models import Organization
from coordination.agents.selectors import tools
from coordination.approvals.models import ApprovalRequest, Verdict
from coordination.shared.clock import now
from coordination.shared.errors import FieldError
from coordination.shared.json import Json, JsonObject
from coordination.web import words
from coordination.web.forms.schema import PREFIX, Field, fields_of, value_of

# A text that is longer, or has several lines, is edited in a box.
LONG_TEXT = 120
_OPENED = "approval-opened"
# Who looks away for longer has done something else.
MOST_DWELL_MS = 86_400_000
MOST_SEEN = 100


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
    is_confirmed: bool = False
    # When the question was put before them, sealed; and what they opened there.
    opened: str = ""
    seen: tuple[str, ...] = ()

    @classmethod
    def of(cls, posted: QueryDict) -> "Typed":
        """Read a posted form; Edit outside the fields only opens them."""
        given: Mapping[str, str] = {name: str(value) for name, value in posted.items()}
        return cls(
            verdict=given.get("verdict", ""),
            reason=given.get("reason", ""),
            revision=whole(given.get("revision", "")),
            to=given.get("to", ""),
            values={name: value for name, value in given.items() if name.startswith(PREFIX)},
            is_editing=given.get("verdict") == Verdict.EDIT,
            is_filled="editing" in given,
            is_confirmed="confirmed" in given,
            opened=given.get("opened", ""),
            seen=tuple(name[:200] for name in posted.getlist("seen")[:MOST_SEEN]),
        )

    @property
    def only_opens(self) -> bool:
        """Tell whether nothing is said yet: the fields are asked for."""
        return self.is_editing and not self.is_filled


NOTHING_TYPED = Typed()


def whole(text: str) -> int:
    """Return the number of a revision, 0 for what is none."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def stamped(request_id: UUID) -> str:
    """Return the moment at which a question is put before someone, sealed so that they cannot change it."""
    return signing.dumps([str(request_id), now().timestamp()], salt=_OPENED)


def dwell_ms(request_id: UUID, opened: str) -> int | None:
    """Return how long a question was before someone; None where that is not known."""
    try:
        about, at = signing.loads(opened, salt=_OPENED)
    except signing.BadSignature:
        return None
    if about != str(request_id):
        return None
    return min(MOST_DWELL_MS, max(0, int((now().timestamp() - at) * 1000)))


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
