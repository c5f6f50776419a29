"""What did we write down? This, in the same transaction as its effect."""

import json
from collections.abc import Iterable, Mapping, Sequence
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
from coordination.shared.writing import insert_values

# A new stream's first record names this many streams opened before it. Whoever removes a whole stream, head
# and all, leaves later ones that still name it. This takes no lock: concurrent openings miss each other.
OPENINGS_NAMED = 8

# In one order everywhere, so that two who write to the same streams wait for each other and not in a circle.
_LOCK_HEADS = """
    SELECT organization_id, name, id, length, head_hash FROM audit_auditstream
    WHERE (organization_id, name) IN (SELECT * FROM unnest(%s::uuid[], %s::text[]))
    ORDER BY id FOR UPDATE
"""

_OPENINGS = """
    SELECT json_object_agg(name, first_hash)::text FROM (
        SELECT name, first_hash FROM audit_auditstream WHERE organization_id = %s AND length > 0
        ORDER BY id DESC LIMIT %s
    ) AS before
"""
# A stream that nobody else can know is opened with its first records at once.
_OPEN_NEW = """
    INSERT INTO audit_auditstream (organization_id, name, length, head_hash, first_hash)
    SELECT organization_id, name, length, head_hash, first_hash FROM jsonb_to_recordset(%s::jsonb)
        AS opened (organization_id uuid, name text, length bigint, head_hash text, first_hash text)
"""
# One that another may open at this moment is opened empty: the second waits for the first, and goes on after it.
_OPEN = """
    INSERT INTO audit_auditstream AS head (organization_id, name, length, head_hash, first_hash)
    VALUES (%s, %s, 0, '', '') ON CONFLICT (organization_id, name) DO UPDATE SET length = head.length
    RETURNING id, length, head_hash
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
    """Entries for the end of one stream, and who writes them; `opens`: nobody can have written to it before."""

    organization_id: UUID
    stream: str
    actor: Actor | str
    entries: Sequence[Entry]
    on_behalf_of: str = ""
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream ends; `id` is None while it is not written."""

    id: int | None
    length: int
    head_hash: str


Heads = dict[tuple[UUID, str], Head]


def append(
    organization_id: UUID,
    stream: str,
    actor: Actor | str,
    entries: Sequence[Entry],
    *,
    on_behalf_of: str = "",
) -> None:
    """Write entries at the end of a stream, which stays locked until the transaction ends."""
    append_all([Addition(organization_id, stream, actor, entries, on_behalf_of)])


def append_all(additions: Sequence[Addition], heads: Heads | None = None) -> None:
    """Write to many streams, each named once; all stay locked until the transaction ends.

    Three statements for any number of streams that exist: lock the heads, move them, insert the records. Who has locked
    heads with `lock_heads` before saves the first.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction
    additions = [addition for addition in additions if addition.entries]
    if not additions:
        return
    known, openings = _known_heads(additions, heads or {}), _Openings()
    written: list[dict[str, Any]] = []
    moved, opened = [], []
    for addition in additions:
        head = known[addition.organization_id, addition.stream]
        is_first = head.length == 0
        events = _events(head, addition, openings.of(addition.organization_id) if is_first else None)
        written += events
        first_hash, last = events[0]["hash"], events[-1]
        ends = {"length": last["stream_no"], "head_hash": last["hash"], "first_hash": first_hash}
        if is_first:
            openings.add(addition.organization_id, addition.stream, first_hash)
        if head.id is None:
            opened.append({"organization_id": str(addition.organization_id), "name": addition.stream, **ends})
        else:
            moved.append({"id": head.id, **ends})
    with pipeline():
        if opened:
            execute(_OPEN_NEW, [json.dumps(opened)]).close()
        if moved:
            execute(_MOVE, [json.dumps(moved)]).close()
        insert_values(AuditEvent, written)


class LockedHeads:
    """Heads of streams, locked by a statement whose answer is read when it is needed."""

    def __init__(self, names: Iterable[tuple[UUID, str]]) -> None:
        """Send the statement; inside a pipeline it waits for nothing."""
        pairs = list(names)
        self._sent = execute(_LOCK_HEADS, [[pair[0] for pair in pairs], [pair[1] for pair in pairs]])

    def heads(self) -> Heads:
        """Return those that exist."""
        with self._sent as cursor:
            return {(row[0], row[1]): Head(row[2], row[3], row[4]) for row in cursor.fetchall()}


def _known_heads(additions: Sequence[Addition], heads: Heads) -> Heads:
    """Return the heads of the streams, locked against other writers where they exist."""
    names = [(addition.organization_id, addition.stream) for addition in additions]
    new = {name for name, addition in zip(names, additions, strict=True) if addition.opens}
    asked = [name for name in names if name not in heads and name not in new]
    found = heads | (LockedHeads(asked).heads() if asked else {})
    for name in names:
        if name not in found:
            found[name] = Head(None, 0, "") if name in new else _opened(*name)
    return found


def _opened(organization_id: UUID, stream: str) -> Head:
    """Return the head of a stream that is new, or was opened by another a moment ago."""
    with execute(_OPEN, [organization_id, stream]) as cursor:
        row = cursor.fetchone()
    assert row is not None  # noqa: S101  (RETURNING gives one row, new or not)
    return Head(row[0], row[1], row[2])


class _Openings:
    """The streams that were opened last in each organization, the oldest first, with the hashes of their first records.

    Streams that are opened together name each other too: none of them can be removed unseen.
    """

    def __init__(self) -> None:
        self._last: dict[UUID, dict[str, str]] = {}

    def of(self, organization_id: UUID) -> Mapping[str, str]:
        """Return those of one organization; one statement, the first time."""
        if organization_id not in self._last:
            with execute(_OPENINGS, [organization_id, OPENINGS_NAMED]) as cursor:
                row = cursor.fetchone()
            named: dict[str, str] = json.loads(row[0]) if row and row[0] else {}
            self._last[organization_id] = dict(reversed(named.items()))
        return self._last[organization_id]

    def add(self, organization_id: UUID, stream: str, first_hash: str) -> None:
        """Take note of one that is being opened."""
        last = self._last[organization_id]
        last[stream] = first_hash
        if len(last) > OPENINGS_NAMED:
            del last[next(iter(last))]


def _events(head: Head, addition: Addition, opened_after: Mapping[str, str] | None) -> list[dict[str, Any]]:
    """Return the records of the entries as columns, each linked to the one before it."""
    occurred_at = now()
    spelled = chain.moment(occurred_at)
    organization, writer = str(addition.organization_id), str(addition.actor)
    prev_hash = head.head_hash
    events: list[dict[str, Any]] = []
    for number, entry in enumerate(addition.entries, start=head.length + 1):
        columns = chain.Columns(
            id=str(new_id()),
            organization=organization,
            stream=addition.stream,
            stream_no=number,
            prev_hash=prev_hash,
            kind=entry.kind,
            actor=entry.actor or writer,
            object=entry.object,
            occurred_at=spelled,
        )
        record = chain.record(
            columns,
            on_behalf_of=addition.on_behalf_of,
            data=bounded(entry.data),
            opened_after=opened_after if number == 1 else None,
        )
        events.append(
            {
                "id": columns.id,
                "organization_id": organization,
                "occurred_at": occurred_at,
                "stream": addition.stream,
                "stream_no": number,
                "prev_hash": prev_hash,
                "kind": entry.kind,
                "actor": columns.actor,
                "object": entry.object,
                "body": record.body,
                "hash": record.hash,
            }
        )
        prev_hash = record.hash
    return events
