"""Read the record."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, TypeAlias
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent, AuditStream
from coordination.engine.proof.chain import Columns, Head, Opening, Record
from coordination.shared.errors import NotFound

_ROWS_AT_A_TIME = 500
_Row: TypeAlias = tuple[Any, ...]

_RECORDS = """
    SELECT event.organization_id::text, event.stream, head.length, head.head_hash, head.first_hash,
        event.id::text, event.stream_no, event.prev_hash, event.kind, event.actor, event.object,
        to_char(event.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), event.body, event.hash
    FROM audit_auditevent AS event
    LEFT JOIN audit_auditstream AS head
        ON head.organization_id = event.organization_id AND head.name = event.stream
    WHERE (%(organization)s::uuid IS NULL OR event.organization_id = %(organization)s)
        AND (%(stream)s::text IS NULL OR event.stream = %(stream)s)
    ORDER BY event.organization_id, event.stream, event.stream_no
"""

_EMPTY_HEADS = """
    SELECT organization_id::text, name, length, head_hash, first_hash
    FROM audit_auditstream AS head
    WHERE (%(organization)s::uuid IS NULL OR organization_id = %(organization)s)
        AND (%(stream)s::text IS NULL OR name = %(stream)s) AND NOT EXISTS (
        SELECT FROM audit_auditevent AS event
        WHERE event.organization_id = head.organization_id AND event.stream = head.name
    )
    ORDER BY organization_id, name
"""

_ABSENT = """
    SELECT named.organization_id::text, named.stream, named.hash
    FROM unnest(%(organization)s::uuid[], %(stream)s::text[], %(hash)s::text[])
        AS named (organization_id, stream, hash)
    WHERE NOT EXISTS (
        SELECT FROM audit_auditstream AS head
        WHERE head.organization_id = named.organization_id AND head.name = named.stream
            AND head.first_hash = named.hash
    )
"""


def events(
    organization: Organization,
    *,
    actor: str | None = None,
    object: str | None = None,  # noqa: A002  (it is what a record calls it)
    kind: str | None = None,
    stream: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AuditEvent]:
    """Return the organization's records that match, newest first; `since` is included, `until` is not."""
    wanted = {
        "actor": actor,
        "object": object,
        "kind": kind,
        "stream": stream,
        "occurred_at__gte": since,
        "occurred_at__lt": until,
    }
    filters = {name: value for name, value in wanted.items() if value is not None}
    return AuditEvent.objects.filter(organization=organization, **filters).order_by("-id")


def event_of(organization: Organization, event_id: UUID) -> AuditEvent:
    """Return one record; raises NotFound."""
    event = AuditEvent.objects.filter(organization=organization, pk=event_id).first()
    if event is None:
        raise NotFound(kind="record", name=event_id)
    return event


def history(organization: Organization, stream: str) -> QuerySet[AuditEvent]:
    """Return the records of one stream in the order they were written."""
    return AuditEvent.objects.filter(organization=organization, stream=stream).order_by("stream_no")


def heads(organization: Organization) -> QuerySet[AuditStream]:
    """Return the organization's streams by name."""
    return AuditStream.objects.filter(organization=organization).order_by("name")


def streams(
    scope: Organization | None = None, name: str | None = None
) -> Iterator[tuple[Head | None, Iterator[Record]]]:
    """Yield every stream's head and records, or those of the one named, in constant memory; needs a transaction.

    A head and its records come from one statement: a second one would see a later moment, a longer stream.
    """
    parameters = {"organization": scope.pk if scope else None, "stream": name}
    for head, group in groupby(_rows(_RECORDS, parameters), key=lambda row: row[:5]):
        yield (None if head[2] is None else Head(*head)), map(_record, group)
    for row in _rows(_EMPTY_HEADS, parameters):
        yield Head(*row), iter(())


def absent(named: list[Opening]) -> list[Opening]:
    """Return those of the named openings that no stream has."""
    columns = {name: [getattr(opening, name) for opening in named] for name in Opening.__slots__}
    with connection.cursor() as cursor:
        cursor.execute(_ABSENT, columns)
        return [Opening(*row) for row in cursor.fetchall()]


def _rows(query: str, parameters: dict[str, Any]) -> Iterator[_Row]:
    """Yield the rows of a query through a cursor on the server."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, parameters)
        while rows := cursor.fetchmany(_ROWS_AT_A_TIME):
            yield from rows


def _record(row: _Row) -> Record:
    organization, stream, _, _, _, *own, body, hashed = row
    event_id, stream_no, prev_hash, kind, actor, thing, occurred_at = own
    columns = Columns(event_id, organization, stream, stream_no, prev_hash, kind, actor, thing, occurred_at)
    return Record(columns, body, hashed)
