"""Steps without the values that are too large to be told beside others; each is told where one asks for its step."""

import json
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Field, JSONField, QuerySet, TextField
from django.db.models.expressions import RawSQL

from coordination.runs.models import Step

MOST_BYTES = 16_384
# What is stored compressed in more than this is no smaller as text, and need not be unpacked to be measured.
_SURELY = 4 * MOST_BYTES
_FIELDS: "dict[str, Field[Any, Any]]" = {
    "rationale": TextField(),
    **{name: JSONField() for name in ("item", "parameters", "output", "proposals", "sources", "attempts")},
}


def within_bounds(found: QuerySet[Step]) -> QuerySet[Step]:
    """Return steps whose large values are not even read; `settled` makes each usable."""
    too_large = {
        name: f"(pg_column_size({_of(name)}) > {_SURELY} OR {_bytes(name)} > {MOST_BYTES})" for name in _FIELDS
    }
    values = {
        f"told_{name}": RawSQL(f"CASE WHEN {too_large[name]} THEN NULL ELSE {_of(name)} END", (), kept)  # noqa: S611
        for name, kept in _FIELDS.items()
    }
    names = ", ".join(f"CASE WHEN {large} THEN '{name}' END" for name, large in too_large.items())
    left_out = RawSQL(f"array_remove(ARRAY[{names}]::text[], NULL)", (), ArrayField(TextField()))  # noqa: S611
    return found.defer(*_FIELDS).annotate(left_out=left_out, **values)


def settled(step: Step) -> Step:
    """Return a step of `within_bounds` with the values that were read, and None for those that were left out."""
    known = vars(step)
    for name in _FIELDS:
        known[name] = known.pop(f"told_{name}")
    return step


def bounded(step: Step) -> Step:
    """Return a step that is never saved without its large values."""
    known = vars(step)
    known["left_out"] = [name for name in _FIELDS if _size(known.get(name)) > MOST_BYTES]
    known.update(dict.fromkeys(known["left_out"]))
    return step


def left_out_of(step: Step) -> list[str]:
    """Return the names of the values that a step was read without."""
    names: list[str] = getattr(step, "left_out", [])
    return names


def _of(name: str) -> str:
    return f'"runs_step"."{name}"'


def _bytes(name: str) -> str:
    return f"octet_length({_of(name)}::text)"


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode()) if value else 0
