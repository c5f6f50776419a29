"""What did we write down? This, in the same transaction as its effect."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from coordination.accounts.actors import Actor
from coordination.audit.errors import OutsideTransaction
from coordination.audit.limits import bounded
from coordination.audit.models import AuditEvent
from coordination.engine.proof import chain
from coordination.shared.clock import now
from coordination.shared.ids import new_id
from coordination.shared.json import Json

# A new stream's first record names this many streams opened before it. Whoever removes a whole stream, head
# and all, leaves later ones that still name it. This takes no lock: concurrent openings miss each other.
OPENINGS_NAMED = 8

_LOCK_HEAD = """
    INSERT INTO audit_auditstream AS head (organization_id, name, length, head_hash, first_hash)
    VALUES (%(organization)s, %(stream)s, 0, '', '')
    ON CONFLICT (organization_id, name) DO UPDATE SET length = head.length
    RETURNING id, length, head_hash, CASE WHEN length = 0 THEN (
        SELECT json_object_agg(name, first_hash)::text FROM (
            SELECT name, first_hash FROM audit_auditstream
            WHERE organization_id = %(organization)s AND length > 0
            ORDER BY id DESC LIMIT %(openings)s
        ) AS before
    ) END
"""

_WRITE = """
    WITH moved AS (
        UPDATE audit_auditstream
        SET length = %(length)s, head_hash = %(head_hash)s,
            first_hash = CASE WHEN length = 0 THEN %(first_hash)s ELSE first_hash END
        WHERE id = %(head)s
    )
    INSERT INTO audit_auditevent
        (organization_id, occurred_at, stream, id, stream_no, prev_hash, kind, actor, object, body, hash)
    SELECT %(organization)s, %(occurred_at)s, %(stream)s, rows.* FROM unnest(
        %(id)s::uuid[], %(stream_no)s::bigint[], %(prev_hash)s::text[], %(kind)s::text[], %(actor)s::text[],
        %(object)s::text[], %(body)s::text[], %(hash)s::text[]
    ) AS rows
"""
_EACH = ("id", "stream_no", "prev_hash", "kind", "actor", "object", "body", "hash")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: a past participle, what it happened to, and every detail that matters.

    `actor` is who did it when that is not who writes the others.
    """

    kind: str
    data: Mapping[str, Json] = field(default_factory=dict)
    object: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class _Head:
    id: int
    length: int
    head_hash: str
    opened_after: Mapping[str, str]


def append(
    organization_id: UUID,
    stream: str,
    actor: Actor | str,
    entries: Sequence[Entry],
    *,
    on_behalf_of: str = "",
) -> list[AuditEvent]:
    """Write entries at the end of a stream, which stays locked until the transaction ends.

    Two statements for any number of entries: lock the head, then insert the records and move the head.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction
    if not entries:
        return []
    head = _lock_head(organization_id, stream)
    events = _events(head, organization_id, stream, entries, actor=str(actor), on_behalf_of=on_behalf_of)
    _write(head, events)
    return events


def _lock_head(organization_id: UUID, stream: str) -> _Head:
    """Return the stream's head, opened if it is new, locked against other writers."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_HEAD, {"organization": organization_id, "stream": stream, "openings": OPENINGS_NAMED})
        pk, length, head_hash, opened_after = cursor.fetchone()
    return _Head(pk, length, head_hash, json.loads(opened_after) if opened_after else {})


def _write(head: _Head, events: Sequence[AuditEvent]) -> None:
    """Insert the records of one append and move the head to the last of them."""
    first, last = events[0], events[-1]
    whole: dict[str, Any] = {
        "head": head.id,
        "length": last.stream_no,
        "head_hash": last.hash,
        "first_hash": first.hash,
        "organization": first.organization_id,
        "occurred_at": first.occurred_at,
        "stream": first.stream,
    }
    each = {name: [getattr(event, name) for event in events] for name in _EACH}
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, whole | each)


def _events(
    head: _Head,
    organization_id: UUID,
    stream: str,
    entries: Sequence[Entry],
    *,
    actor: str,
    on_behalf_of: str,
) -> list[AuditEvent]:
    """Return the records of the entries, each linked to the one before it."""
    occurred_at = now()
    spelled = chain.moment(occurred_at)
    prev_hash = head.head_hash
    events = []
    for number, entry in enumerate(entries, start=head.length + 1):
        event_id = new_id()
        columns = chain.Columns(
            id=str(event_id),
            organization=str(organization_id),
            stream=stream,
            stream_no=number,
            prev_hash=prev_hash,
            kind=entry.kind,
            actor=entry.actor or actor,
            object=entry.object,
            occurred_at=spelled,
        )
        record = chain.record(
            columns,
            on_behalf_of=on_behalf_of,
            data=bounded(entry.data),
            opened_after=head.opened_after if number == 1 else None,
        )
        events.append(
            AuditEvent(
                id=event_id,
                organization_id=organization_id,
                occurred_at=occurred_at,
                stream=stream,
                stream_no=number,
                prev_hash=prev_hash,
                kind=entry.kind,
                actor=entry.actor or actor,
                object=entry.object,
                body=record.body,
                hash=record.hash,
            )
        )
        prev_hash = record.hash
    return events
