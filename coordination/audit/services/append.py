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
from coordination.shared.pipeline import execute, pipeline
from coordination.shared.writing import insert

# A new stream's first record names this many streams opened before it. Whoever removes a whole stream, head
# and all, leaves later ones that still name it. This takes no lock: concurrent openings miss each other.
OPENINGS_NAMED = 8

# In one order everywhere, so that two who write to the same streams wait for each other and not in a circle.
_LOCK_HEADS = """
    SELECT organization_id, name, id, length, head_hash FROM audit_auditstream
    WHERE (organization_id, name) IN (SELECT * FROM unnest(%(organizations)s::uuid[], %(streams)s::text[]))
    ORDER BY id FOR UPDATE
"""

_OPEN = """
    INSERT INTO audit_auditstream AS head (organization_id, name, length, head_hash, first_hash)
    VALUES (%(organization)s, %(stream)s, 0, '', '')
    ON CONFLICT (organization_id, name) DO UPDATE SET length = head.length
    RETURNING id, length, head_hash, (
        SELECT json_object_agg(name, first_hash)::text FROM (
            SELECT name, first_hash FROM audit_auditstream
            WHERE organization_id = %(organization)s AND length > 0
            ORDER BY id DESC LIMIT %(openings)s
        ) AS before
    )
"""

_MOVE = """
    UPDATE audit_auditstream AS head SET length = moved.length, head_hash = moved.head_hash,
        first_hash = CASE WHEN head.length = 0 THEN moved.first_hash ELSE head.first_hash END
    FROM jsonb_to_recordset(%s::jsonb) AS moved (id bigint, length bigint, head_hash text, first_hash text)
    WHERE head.id = moved.id
"""


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
class Addition:
    """Entries for the end of one stream, and who writes them."""

    organization_id: UUID
    stream: str
    actor: Actor | str
    entries: Sequence[Entry]
    on_behalf_of: str = ""


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
    """Write entries at the end of a stream, which stays locked until the transaction ends."""
    return append_all([Addition(organization_id, stream, actor, entries, on_behalf_of)])


def append_all(additions: Sequence[Addition]) -> list[AuditEvent]:
    """Write to many streams, each named once; all stay locked until the transaction ends.

    Three statements for any number of streams that exist: lock the heads, move them, insert the records.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction
    additions = [addition for addition in additions if addition.entries]
    if not additions:
        return []
    heads = _lock_heads(additions)
    written: list[AuditEvent] = []
    moved = []
    for addition, head in zip(additions, heads, strict=True):
        events = _events(head, addition)
        written += events
        last = events[-1]
        moved.append({"id": head.id, "length": last.stream_no, "head_hash": last.hash, "first_hash": events[0].hash})
    with pipeline():
        execute(_MOVE, [json.dumps(moved)]).close()
        insert(written)
    return written


def _lock_heads(additions: Sequence[Addition]) -> list[_Head]:
    """Return the heads of the streams, opened where they are new, locked against other writers."""
    names: dict[str, Any] = {
        "organizations": [addition.organization_id for addition in additions],
        "streams": [addition.stream for addition in additions],
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_HEADS, names)
        found = {(row[0], row[1]): _Head(row[2], row[3], row[4], {}) for row in cursor.fetchall()}
    return [
        found.get((addition.organization_id, addition.stream)) or _opened(addition.organization_id, addition.stream)
        for addition in additions
    ]


def _opened(organization_id: UUID, stream: str) -> _Head:
    """Return the head of a stream that is new, or was opened by another a moment ago."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"organization": organization_id, "stream": stream, "openings": OPENINGS_NAMED})
        pk, length, head_hash, opened_after = cursor.fetchone()
    return _Head(pk, length, head_hash, json.loads(opened_after) if opened_after else {})


def _events(head: _Head, addition: Addition) -> list[AuditEvent]:
    """Return the records of the entries, each linked to the one before it."""
    occurred_at = now()
    spelled = chain.moment(occurred_at)
    prev_hash = head.head_hash
    events = []
    for number, entry in enumerate(addition.entries, start=head.length + 1):
        event_id = new_id()
        actor = entry.actor or str(addition.actor)
        columns = chain.Columns(
            id=str(event_id),
            organization=str(addition.organization_id),
            stream=addition.stream,
            stream_no=number,
            prev_hash=prev_hash,
            kind=entry.kind,
            actor=actor,
            object=entry.object,
            occurred_at=spelled,
        )
        record = chain.record(
            columns,
            on_behalf_of=addition.on_behalf_of,
            data=bounded(entry.data),
            opened_after=head.opened_after if number == 1 else None,
        )
        events.append(
            AuditEvent(
                id=event_id,
                organization_id=addition.organization_id,
                occurred_at=occurred_at,
                stream=addition.stream,
                stream_no=number,
                prev_hash=prev_hash,
                kind=entry.kind,
                actor=actor,
                object=entry.object,
                body=record.body,
                hash=record.hash,
            )
        )
        prev_hash = record.hash
    return events
