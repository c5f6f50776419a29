"""The whole record as a check or an export reads it: row by row through cursors on the server, in constant memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from coordination.accounts.models import Organization
from coordination.audit.models import AuditNode, AuditSealer
from coordination.engine.proof.kept import Row
from coordination.engine.proof.links import Head
from coordination.engine.proof.merkle import Frontier
from coordination.engine.proof.tree import Signed

_ROWS_AT_A_TIME = 2_000
_BATCHES_AT_A_TIME = 32
HASH_BYTES = 32

# The moment as bodies spell it: to compare text costs nothing beside reading a date.
_COLUMNS = """
    SELECT id::text, organization_id::text, stream, stream_no, kind, actor, object,
        to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), written_in, body
    FROM audit_auditevent AS event
"""
# In the order of their identifiers, which are made in the order of time: so is sealed, about. A bare `id` would be the
# text that is selected, which no index has in order.
_ROWS = """
    WHERE %(organization)s::uuid IS NULL OR organization_id = %(organization)s
    ORDER BY event.id
"""
_ROWS_OF_STREAM = """
    WHERE organization_id = %(organization)s AND stream = %(stream)s
    ORDER BY stream_no
"""
_BATCHES = """
    SELECT organization_id::text, first_seq, events::text[], leaves FROM audit_auditbatch
    WHERE %(organization)s::uuid IS NULL OR organization_id = %(organization)s
    ORDER BY id
"""
_BATCHES_OF_STREAM = """
    SELECT batch.organization_id::text, first_seq, events::text[], leaves FROM audit_auditbatch AS batch, (
        SELECT min(occurred_at) AS first_at, max(occurred_at) AS last_at FROM audit_auditevent
        WHERE organization_id = %(organization)s AND stream = %(stream)s
    ) AS own
    WHERE batch.organization_id = %(organization)s
        AND batch.first_at <= own.last_at AND batch.last_at >= own.first_at
"""
_BATCHES_BETWEEN = """
    SELECT organization_id::text, first_seq, events::text[], leaves FROM audit_auditbatch
    WHERE organization_id = %(organization)s AND last_at >= %(since)s AND first_at < %(until)s
    ORDER BY first_seq
"""
_BODIES = """
    SELECT id::text, body FROM audit_auditevent
    WHERE id = ANY(%(events)s::uuid[])
        AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR occurred_at < %(until)s)
"""
_LEAVES = "SELECT first_seq, leaves FROM audit_auditbatch WHERE organization_id = %(organization)s ORDER BY first_seq"
_HEADS = """
    SELECT organization_id::text, name, length, head_hash FROM audit_auditstream
    WHERE organization_id = %(organization)s AND (%(stream)s::text IS NULL OR name = %(stream)s) ORDER BY name
"""
_SIGNED = """
    SELECT number, note, size, peaks, root FROM audit_auditcheckpoint
    WHERE organization_id = %(organization)s ORDER BY number
"""


class Batch(NamedTuple):
    """Leaves that were sealed together, with the identifiers of their records."""

    organization: str
    first_seq: int
    events: list[str]
    leaves: list[bytes]


@contextmanager
def one_moment() -> Iterator[None]:
    """Read everything in the block as of one moment, whatever is written meanwhile.

    In a transaction that is open already, that is not to be had: what reads there may see what was written meanwhile.
    """
    is_open = connection.in_atomic_block
    with transaction.atomic():
        if not is_open:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def rows(organization: Organization | None, stream: str | None = None) -> Iterator[list[Row]]:
    """Yield the records of one organization or of all, or of a stream, many at a time."""
    query = _COLUMNS + (_ROWS if stream is None else _ROWS_OF_STREAM)
    for found in _chunks(query, organization, _ROWS_AT_A_TIME, stream):
        yield [Row._make(row) for row in found]


def batches(organization: Organization | None, stream: str | None = None) -> Iterator[list[Batch]]:
    """Yield what was sealed of one organization or of all, as it was sealed, or in the time of a stream."""
    query = _BATCHES if stream is None else _BATCHES_OF_STREAM
    for found in _chunks(query, organization, _BATCHES_AT_A_TIME, stream):
        yield [Batch(owner, first, events, _split(raw)) for owner, first, events, raw in found]


def batches_between(organization: Organization, since: datetime, until: datetime) -> Iterator[list[Batch]]:
    """Yield what was sealed of the records of a time, and others that were sealed with them."""
    for found in _chunks(_BATCHES_BETWEEN, organization, _BATCHES_AT_A_TIME, since=since, until=until):
        yield [Batch(owner, first, events, _split(raw)) for owner, first, events, raw in found]


def bodies(events: Sequence[str], since: datetime | None = None, until: datetime | None = None) -> dict[str, str]:
    """Return the bodies of these records, as far as they are here, or of those of a time."""
    with connection.cursor() as cursor:
        cursor.execute(_BODIES, {"events": list(events), "since": since, "until": until})
        return dict(cursor.fetchall())


def leaves_in_order(organization: Organization) -> Iterator[tuple[int, list[bytes]]]:
    """Yield an organization's leaves in the order of the tree, each time with the place of the first."""
    for found in _chunks(_LEAVES, organization, _ROWS_AT_A_TIME):
        for first, raw in found:
            yield first, _split(raw)


def heads_in_order(organization: Organization, stream: str | None = None) -> Iterator[Head]:
    """Yield the heads of an organization's streams, or that of one."""
    for found in _chunks(_HEADS, organization, _ROWS_AT_A_TIME, stream):
        yield from (Head(*row) for row in found)


def signed(organization: Organization) -> Iterator[Signed]:
    """Yield the checkpoints of an organization, the oldest first."""
    for found in _chunks(_SIGNED, organization, _ROWS_AT_A_TIME):
        for number, note, size, peaks, root in found:
            yield Signed(number, note, (Frontier.of(size, bytes(peaks)), bytes(root)))


def subtrees(organization: Organization) -> dict[tuple[int, int], bytes]:
    """Return the subtrees that are kept of an organization's tree."""
    found = AuditNode.objects.filter(organization=organization).values_list("level", "index", "hash")
    return {(level, index): bytes(raw) for level, index, raw in found.iterator()}


def sealed_below() -> int:
    """Return the number of the transaction below which all records are sealed."""
    return AuditSealer.objects.values_list("sealed_below", flat=True).first() or 0


def _split(raw: Any) -> list[bytes]:
    whole = bytes(raw)
    return [whole[at : at + HASH_BYTES] for at in range(0, len(whole), HASH_BYTES)]


def _chunks(
    query: str, organization: Organization | None, size: int, stream: str | None = None, **more: datetime
) -> Iterator[list[tuple[Any, ...]]]:
    owner = organization.pk if organization else None
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, {"organization": owner, "stream": stream, **more})
        while found := cursor.fetchmany(size):
            yield found
