"""Write many columns of many rows in one prepared statement of constant text.

The hot path of every step: Django's `bulk_update` builds a CASE of every column and row in Python, which cost more
than all other statements of a step together.
"""

from collections.abc import Iterable, Sequence
from functools import cache

import orjson
from django.db import models

from coordination.shared.pipeline import execute


def write(rows: Iterable[models.Model], fields: Sequence[str]) -> None:
    """Update these fields of rows of one model that exist already."""
    rows = list(rows)
    if not rows:
        return
    written = _columns(type(rows[0]), tuple(fields))
    values = [{column: getattr(row, attribute) for column, attribute in written} for row in rows]
    execute(_statement(type(rows[0]), tuple(fields)), [orjson.dumps(values).decode()]).close()


def insert(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model, every column of them."""
    if not rows:
        return
    model = type(rows[0])
    names = tuple(field.name for field in model._meta.concrete_fields if not field.primary_key)
    written = _columns(model, names)
    values = [{column: getattr(row, attribute) for column, attribute in written} for row in rows]
    execute(_insertion(model, names), [orjson.dumps(values).decode()]).close()


@cache
def _insertion(model: type[models.Model], names: tuple[str, ...]) -> str:
    table = model._meta.db_table
    columns = ", ".join(f'"{column}"' for column, _ in _columns(model, names))
    return (
        f'INSERT INTO "{table}" ({columns}) SELECT {columns} '  # noqa: S608  (no user text)
        f'FROM jsonb_populate_recordset(NULL::"{table}", %s::jsonb)'
    )


@cache
def _columns(model: type[models.Model], names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return column and attribute of the key and of each field."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    key = next(field for field in fields.values() if field.primary_key)
    return tuple((str(field.column), field.attname) for field in (key, *(fields[name] for name in names)))


@cache
def _statement(model: type[models.Model], names: tuple[str, ...]) -> str:
    """Return the statement; every name in it comes from the model."""
    table = model._meta.db_table
    (key, _), *others = _columns(model, names)
    assignments = ", ".join(f'"{column}" = new."{column}"' for column, _ in others)
    return (
        f'UPDATE "{table}" AS old SET {assignments} '  # noqa: S608  (no user text)
        f'FROM jsonb_populate_recordset(NULL::"{table}", %s::jsonb) AS new WHERE old."{key}" = new."{key}"'
    )
