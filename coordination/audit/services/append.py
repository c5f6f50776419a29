"""What did we write down? This, in the same transaction as its effect."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from coordination.accounts.actors import Actor
from coordination.audit.covering import Cover, covers_of, keep
from coordination.audit.errors import OutsideTransaction
from coordination.audit.limits import bounded
from coordination.engine.proof import chain
from coordination.shared.clock import now
from coordination.shared.ids import new_id
from coordination.shared.json import Json
from coordination.shared.pipeline import execute, pipeline

# In one order everywhere, so that two who write to the same streams wait for each other and not in a circle.
_LOCK_HEADS = """
    SELECT organization_id, name, id, length, head_hash, is_personal FROM audit_auditstream
    WHERE (organization_id, name) IN (SELECT * FROM unnest(%s::uuid[], %s::text[]))
    ORDER BY id FOR UPDATE
"""

# A stream that nobody else can know is opened with its first records at once.
_OPEN_NEW = """
    INSERT INTO audit_auditstream (organization_id, name, length, head_hash)
    SELECT organization_id, name, length, head_hash FROM jsonb_to_recordset(%s::jsonb)
        AS opened (organization_id uuid, name text, length bigint, head_hash text)
"""
# One that another may open at this moment is opened empty: the second waits for the first, and goes on after it.
_OPEN = """
    INSERT INTO audit_auditstream AS head (organization_id, name, length, head_hash)
    VALUES (%s, %s, 0, '') ON CONFLICT (organization_id, name) DO UPDATE SET length = head.length
    RETURNING id, length, head_hash, is_personal
"""

# Which transaction wrote a record is told by the database itself, for the sealer.
_INSERT = """
    INSERT INTO audit_auditevent (id, organization_id, occurred_at, stream, stream_no, kind, actor, object, body)
    SELECT id, organization_id, occurred_at, stream, stream_no, kind, actor, object, body
    FROM jsonb_to_recordset(%s::jsonb) AS written (id uuid, organization_id uuid, occurred_at timestamptz,
        stream text, stream_no bigint, kind text, actor text, object text, body text)
"""

_MOVE = """
    UPDATE audit_auditstream AS head SET length = moved.length, head_hash = moved.head_hash
    FROM jsonb_to_recordset(%s::jsonb) AS moved (id bigint, length bigint, head_hash text)
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
    """Where a stream ends, and whether it tells about a person; `id` is None while it is not written."""

    id: int | None
    length: int
    head_hash: str
    is_personal: bool = False


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
    known = _known_heads(additions, heads or {})
    covers = covers_of([name for name, head in known.items() if head.is_personal])
    written: list[dict[str, Any]] = []
    moved, opened = [], []
    for addition in additions:
        head = known[addition.organization_id, addition.stream]
        events, head_hash = _events(head, addition, covers.get((addition.organization_id, addition.stream)))
        written += events
        ends = {"length": head.length + len(events), "head_hash": head_hash}
        if head.id is None:
            opened.append({"organization_id": addition.organization_id, "name": addition.stream, **ends})
        else:
            moved.append({"id": head.id, **ends})
    with pipeline():
        if opened:
            execute(_OPEN_NEW, [orjson.dumps(opened).decode()]).close()
        if moved:
            execute(_MOVE, [orjson.dumps(moved).decode()]).close()
        execute(_INSERT, [orjson.dumps(written).decode()]).close()
    if covers:
        keep(covers.values())


class LockedHeads:
    """Heads of streams, locked by a statement whose answer is read when it is needed."""

    def __init__(self, names: Iterable[tuple[UUID, str]]) -> None:
        """Send the statement; inside a pipeline it waits for nothing."""
        pairs = list(names)
        self._sent = execute(_LOCK_HEADS, [[pair[0] for pair in pairs], [pair[1] for pair in pairs]])

    def heads(self) -> Heads:
        """Return those that exist."""
        with self._sent as cursor:
            return {(row[0], row[1]): Head(*row[2:]) for row in cursor.fetchall()}


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
    return Head(*row)


def _events(head: Head, addition: Addition, cover: Cover | None) -> tuple[list[dict[str, Any]], str]:
    """Return the records of the entries as columns, each linked to the one before it, and the last one's hash."""
    occurred_at = now()
    spelled = chain.moment(occurred_at)
    organization, writer = str(addition.organization_id), str(addition.actor)
    prev_hash = head.head_hash
    events: list[dict[str, Any]] = []
    for number, entry in enumerate(addition.entries, start=head.length + 1):
        event_id = new_id()
        columns = chain.Columns(
            id=str(event_id),
            organization=organization,
            stream=addition.stream,
            stream_no=number,
            prev_hash=prev_hash,
            kind=entry.kind,
            actor=entry.actor or writer,
            object=entry.object,
            occurred_at=spelled,
        )
        data = cover.over(entry.data, event_id) if cover else entry.data
        record = chain.record(columns, on_behalf_of=addition.on_behalf_of, data=bounded(data))
        events.append(
            {
                "id": columns.id,
                "organization_id": organization,
                "occurred_at": occurred_at,
                "stream": addition.stream,
                "stream_no": number,
                "kind": entry.kind,
                "actor": columns.actor,
                "object": entry.object,
                "body": record.body,
            }
        )
        prev_hash = record.hash
    return events, prev_hash
