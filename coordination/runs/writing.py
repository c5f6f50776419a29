"""Write many columns of many rows in one statement of constant text.

The hot path of every step: Django's `bulk_update` builds a CASE of every column and row in Python, which cost more
than all other statements of a step together.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from coordination.runs.pipeline import execute


def write(rows: Iterable[models.Model], fields: Sequence[str]) -> None:
    """Update these fields of rows of one model that exist already."""
    rows = list(rows)
    if not rows:
        return
    names = ("pk", *fields)
    values = [{_column(row, name): getattr(row, _attribute(row, name)) for name in names} for row in rows]
    execute(_statement(type(rows[0]), tuple(fields)), [json.dumps(values, cls=_Exact)]).close()


@cache
def _statement(model: type[models.Model], fields: tuple[str, ...]) -> str:
    """Return the statement; every name in it comes from the model."""
    meta = model._meta
    columns = [meta.get_field(name).column for name in fields]
    assignments = ", ".join(f'"{column}" = new."{column}"' for column in columns)
    key = meta.pk.column
    return (
        f'UPDATE "{meta.db_table}" AS old SET {assignments} '  # noqa: S608  (no user text)
        f'FROM jsonb_populate_recordset(NULL::"{meta.db_table}", %s::jsonb) AS new WHERE old."{key}" = new."{key}"'
    )


def _column(row: models.Model, name: str) -> str:
    return row._meta.pk.column if name == "pk" else row._meta.get_field(name).column


def _attribute(row: models.Model, name: str) -> str:
    return "pk" if name == "pk" else row._meta.get_field(name).attname


class _Exact(DjangoJSONEncoder):
    """Keep microseconds, which Django's encoder cuts to milliseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)
