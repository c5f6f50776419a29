"""Streams with their heads, as a check reads them."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, TypeAlias

from django.db import connection

from coordination.accounts.models import Organization
from coordination.engine.proof.chain import Columns, Head, Record, content_of, leaf_hash

_ROWS_AT_A_TIME = 500
_Row: TypeAlias = tuple[Any, ...]

_RECORDS = """
    SELECT event.organization_id::text, event.stream, head.length, head.head_hash,
        event.id::text, event.stream_no, event.kind, event.actor, event.object,
        to_char(event.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), event.body
    FROM audit_auditevent AS event
    LEFT JOIN audit_auditstream AS head
        ON head.organization_id = event.organization_id AND head.name = event.stream
    WHERE (%(organization)s::uuid IS NULL OR event.organization_id = %(organization)s)
        AND (%(stream)s::text IS NULL OR event.stream = %(stream)s)
    ORDER BY event.organization_id, event.stream, event.stream_no
"""

_EMPTY_HEADS = """
    SELECT organization_id::text, name, length, head_hash
    FROM audit_auditstream AS head
    WHERE (%(organization)s::uuid IS NULL OR organization_id = %(organization)s)
        AND (%(stream)s::text IS NULL OR name = %(stream)s) AND NOT EXISTS (
        SELECT FROM audit_auditevent AS event
        WHERE event.organization_id = head.organization_id AND event.stream = head.name
    )
    ORDER BY organization_id, name
"""


def streams(
    scope: Organization | None = None, name: str | None = None
) -> Iterator[tuple[Head | None, Iterator[Record]]]:
    """Yield every stream's head and records, or those of the one named, in constant memory; needs a transaction.

    A head and its records come from one statement: a second one would see a later moment, a longer stream.
    """
    parameters = {"organization": scope.pk if scope else None, "stream": name}
    for head, group in groupby(_rows(_RECORDS, parameters), key=lambda row: row[:4]):
        yield (None if head[2] is None else Head(*head)), map(_record, group)
    for row in _rows(_EMPTY_HEADS, parameters):
        yield Head(*row), iter(())


def _rows(query: str, parameters: dict[str, Any]) -> Iterator[_Row]:
    """Yield the rows of a query through a cursor on the server."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, parameters)
        while rows := cursor.fetchmany(_ROWS_AT_A_TIME):
            yield from rows


def _record(row: _Row) -> Record:
    organization, stream, _, _, event_id, stream_no, kind, actor, thing, occurred_at, body = row
    prev_hash = str((content_of(body) or {}).get("prev_hash", ""))
    columns = Columns(event_id, organization, stream, stream_no, prev_hash, kind, actor, thing, occurred_at)
    return Record(columns, body, leaf_hash(body))
