"""What people type when they steer a run: reasons, outputs and signals."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from coordination.engine.keepable import unfit_to_keep
from coordination.shared.errors import FieldError
from coordination.shared.json import Json
from coordination.web.forms.schema import Field, fields_of, value_of

LONGEST_REASON = 500
_PAYLOAD = {"payload": {"type": "object", "title": "Payload"}}


def reason_field(typed: Mapping[str, str], required: bool, error: str = "") -> Field:
    """Return the field in which a person says why."""
    return Field(
        name="reason",
        title="Reason",
        help="Kept in the record.",
        widget="components/fields/line.html",
        value=typed.get("reason", ""),
        required=required,
        error=error,
    )


def output_field(typed: Mapping[str, str], known: Any, error: str = "") -> Field:
    """Return the field in which a person gives a step's output, filled with what is known of it."""
    return Field(
        name="output",
        title="Output",
        help="As JSON: what later steps read as this step’s output.",
        widget="components/fields/code.html",
        value=typed.get("output", json.dumps({} if known is None else known, ensure_ascii=False, indent=2)),
        required=True,
        error=error,
    )


def read_reason(typed: Mapping[str, str], required: bool) -> tuple[str, str]:
    """Return the reason, and what is wrong with it."""
    reason = typed.get("reason", "").strip()
    if required and not reason:
        return reason, "Please say why."
    return reason, f"At most {LONGEST_REASON} characters." if len(reason) > LONGEST_REASON else ""


def read_json(text: str) -> tuple[Json, str]:
    """Return the value of a JSON text, and what is wrong with it."""
    try:
        value: Json = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return None, f"This is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})."
    except (ValueError, RecursionError):
        return None, "This is not valid JSON."
    unfit = unfit_to_keep(value)
    return value, f"This holds {unfit}." if unfit else ""


def payload_fields(schema: Mapping[str, Any], typed: Mapping[str, str], errors: Iterable[FieldError]) -> list[Field]:
    """Return the fields of a signal's payload: one for each property, or a box for JSON where the schema names none."""
    placed = [FieldError(one.pointer.replace("/payload", "/input", 1), one.message) for one in errors]
    return fields_of(_whole(schema), typed, placed)


def read_payload(schema: Mapping[str, Any], typed: Mapping[str, str]) -> tuple[Json, list[FieldError]]:
    """Return the payload that was typed, and what cannot be read."""
    value, errors = value_of(_whole(schema), typed)
    return (value if schema.get("properties") else value.get("payload", {})), errors


def _whole(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return schema if schema.get("properties") else {"properties": _PAYLOAD}


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
