"""Write many columns of many rows in one prepared statement of constant text.

The hot path of every step: Django's `bulk_update` builds a CASE of every column and row in Python, which cost more
than all other statements of a step together.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import orjson
from django.db import models
from django.db.models.base import ModelState

from coordination.shared.pipeline import execute

Row = TypeVar("Row", bound=models.Model)


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
    written = _columns(type(rows[0]), _names_of(type(rows[0])))
    insert_values(type(rows[0]), [{column: getattr(row, attribute) for column, attribute in written} for row in rows])


def insert_values(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert new rows given as all their columns: an instance that nobody looks at costs more than its insertion.

    JSON text that is there already may be given as an orjson.Fragment.
    """
    if rows:
        execute(_insertion(model, _names_of(model)), [orjson.dumps(rows).decode()]).close()


def blank(model: type[Row]) -> Row:
    """Return a new row with the defaults of its model, at a tenth of what making an instance costs."""
    sample, fresh = _sample(model)
    made = model.__new__(model)
    made.__dict__.update(sample)
    made.__dict__.update((name, make()) for name, make in fresh)
    made._state = ModelState()
    return made


@cache
def _sample(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """Return the values that all new rows share, and how to make those that each has of its own."""
    # Asking the field for its default costs several times what making it does.
    known = [field for field in model._meta.concrete_fields if field.has_default()]
    fresh = [(field.attname, field.default) for field in known if callable(field.default)]
    sample = {name: value for name, value in vars(model()).items() if name != "_state"}
    return sample, fresh


@cache
def _names_of(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.name for field in model._meta.concrete_fields if not field.primary_key)


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
