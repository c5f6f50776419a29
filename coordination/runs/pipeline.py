"""Send several statements at once and wait for all their answers together.

The hot path of every step: on a busy machine each round trip to PostgreSQL waits for two processes to be scheduled,
which costs more than the statements themselves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models import QuerySet

Row = TypeVar("Row", bound=models.Model)


@contextmanager
def pipeline() -> Iterator[None]:
    """Queue the statements of the block; a fetch inside it, or its end, waits for the answers so far."""
    connection.ensure_connection()
    # An error may surface at the end only: it must still come out as one of Django's.
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


class Later(Generic[Row]):
    """The rows of a query that was sent, annotations included; they are read when they are needed."""

    def __init__(self, found: QuerySet[Row]) -> None:
        self._model = found.model
        self._fields = self._model._meta.concrete_fields
        self._annotations = list(found.query.annotation_select)
        self._cursor = connection.cursor()
        self._cursor.execute(*found.query.sql_with_params())

    def rows(self) -> list[Row]:
        """Return the rows as instances of the query's model."""
        with self._cursor as cursor:
            return [self._instance(values) for values in cursor.fetchall()]

    def _instance(self, values: tuple[Any, ...]) -> Row:
        count = len(self._fields)
        read = [_read(field, value) for field, value in zip(self._fields, values[:count], strict=True)]
        row = self._model.from_db(connection.alias, [field.attname for field in self._fields], read)
        for name, value in zip(self._annotations, values[count:], strict=True):
            setattr(row, name, value)
        return row


def _read(field: Any, value: Any) -> Any:
    return field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
