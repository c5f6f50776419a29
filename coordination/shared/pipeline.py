"""Send several statements at once, prepared, and wait for all their answers together.

The hot path of every step: on a busy machine each round trip to PostgreSQL waits for two processes to be scheduled, and
building or planning the same statement again costs more than running it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Generic, TypeVar

import psycopg
from django.db import connection, models
from django.db.models import JSONField, QuerySet

Row = TypeVar("Row", bound=models.Model)


@contextmanager
def pipeline() -> Iterator[None]:
    """Queue the statements of the block; a fetch inside it, or its end, waits for the answers so far."""
    connection.ensure_connection()
    # An error may surface at the end only: it must still come out as one of Django's.
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def execute(sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> "psycopg.Cursor[tuple[Any, ...]]":
    """Send a statement of constant text, which PostgreSQL parses and plans only once per connection."""
    connection.ensure_connection()
    if connection.queries_logged:
        connection.queries_log.append({"sql": sql, "time": "0"})
    cursor: psycopg.Cursor[tuple[Any, ...]] = psycopg.Cursor(connection.connection)
    return cursor.execute(sql, parameters, prepare=True)


class Prepared(Generic[Row]):
    """A query by given values, compiled by Django once and prepared by PostgreSQL once per connection.

    `samples` are values of the right types that occur nowhere else in the query: they mark the places.
    """

    def __init__(self, query: Callable[..., QuerySet[Row]], *samples: Any) -> None:
        self._query = query
        self._samples = samples

    def send(self, *values: Any) -> "Later[Row]":
        """Send the query for these values; its rows are read when they are needed."""
        sql, parameters = self._compiled
        sent = [values[self._samples.index(p)] if p in self._samples else p for p in parameters]
        return Later(execute(sql, sent), self._reader)

    @cached_property
    def _found(self) -> QuerySet[Row]:
        return self._query(*self._samples)

    @cached_property
    def _compiled(self) -> tuple[str, tuple[Any, ...]]:
        return self._found.query.sql_with_params()

    @cached_property
    def _reader(self) -> "Reader[Row]":
        return Reader(self._found)


class Query(Generic[Row]):
    """A query with a condition in SQL, for what the ORM has no constant text for: lists of any length."""

    def __init__(self, found: Callable[[], QuerySet[Row]], condition: str) -> None:
        self._query = found
        self._condition = condition

    def send(self, *values: Any) -> "Later[Row]":
        """Send the query for these values; its rows are read when they are needed."""
        sql, parameters, reader = self._compiled
        return Later(execute(sql, [*parameters, *values]), reader)

    @cached_property
    def _compiled(self) -> "tuple[str, tuple[Any, ...], Reader[Row]]":
        found = self._query()
        sql, parameters = found.query.sql_with_params()
        return f"{sql} WHERE {self._condition}", parameters, Reader(found)


class Reader(Generic[Row]):
    """Make instances of a query's model, annotations included, from the values that PostgreSQL sends."""

    def __init__(self, found: QuerySet[Row]) -> None:
        fields = found.model._meta.concrete_fields
        self._model = found.model
        self._names = [field.attname for field in fields]
        self._annotations = list(found.query.annotation_select)
        self._converters = [(at, _converter(f)) for at, f in enumerate(fields) if hasattr(f, "from_db_value")]

    def __call__(self, sent: Sequence[Any]) -> Row:
        """Return one row."""
        values = list(sent)
        for at, convert in self._converters:
            values[at] = convert(values[at])
        row = self._model.from_db(connection.alias, self._names, values[: len(self._names)])
        for name, value in zip(self._annotations, values[len(self._names) :], strict=True):
            setattr(row, name, value)
        return row


def _converter(field: Any) -> Callable[[Any], Any]:
    if isinstance(field, JSONField) and field.decoder is None:
        return _from_json
    return lambda value: field.from_db_value(value, None, connection)


def _from_json(text: str | None) -> Any:
    """Return a JSON column's value; most of them are empty, and telling that is cheaper than parsing it."""
    if text is None:
        return None
    if text == "{}":
        return {}
    return [] if text == "[]" else json.loads(text)


class Later(Generic[Row]):
    """The rows of a query that was sent."""

    def __init__(self, cursor: "psycopg.Cursor[tuple[Any, ...]]", row: Reader[Row]) -> None:
        self._cursor = cursor
        self._row = row

    def rows(self) -> list[Row]:
        """Wait for the rows and return them."""
        with self._cursor as cursor:
            return [self._row(values) for values in cursor.fetchall()]
