"""Drop the bodies of records whose time is over: their leaves stay, so that every proof holds, and a record says which.

What may go is asked twice: here, and by the function in the database that alone can remove a record. It knows the
floor and the holds.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Organization
from coordination.audit.errors import RetentionTooShort
from coordination.audit.models import FLOOR_DAYS, AuditDisclosure, AuditEvent, AuditRetention
from coordination.audit.selectors.keeping import retention_of
from coordination.audit.services.append import Entry, append
from coordination.audit.stream import STREAM
from coordination.engine.proof.dropped import DROPPED
from coordination.shared.clock import now
from coordination.shared.ids import new_id_at
from coordination.shared.json import JsonObject

# What explains other records is never dropped.
KEPT_FOR_EVER = (DROPPED, "SigningKeyChanged", "PersonalDataErased")
# What people decided, and by which rules, is kept longer.
_LONG_KINDS = ("Approval", "Policy", "StepApproved", "StepRejected", "StepOverridden")
_LONG_STREAMS = frozenset({"policies", "approvals", "accounts", "audit"})
_AT_A_TIME = 2_000

_PLACES = """
    SELECT place.event, batch.first_seq + place.number - 1
    FROM audit_auditbatch AS batch, unnest(batch.events) WITH ORDINALITY AS place (event, number)
    WHERE batch.organization_id = %(organization)s AND batch.last_at >= %(first)s AND batch.first_at <= %(last)s
        AND place.event = ANY(%(events)s)
"""
_DROP = "SELECT dropped FROM audit_drop(%s, %s) AS dropped"


class _Old(NamedTuple):
    """A record whose time may be over."""

    id: UUID
    occurred_at: datetime
    kind: str
    stream: str


@transaction.atomic
def set_retention(organization: Organization, days: int, long_days: int, actor: Actor) -> AuditRetention:
    """Keep records so many days; raises RetentionTooShort."""
    shortest = min(days, long_days)
    if shortest < FLOOR_DAYS:
        raise RetentionTooShort(floor=FLOOR_DAYS, days=shortest)
    before = retention_of(organization)
    data: JsonObject = {
        "before": {"days": before.days, "long_days": before.long_days},
        "after": {"days": days, "long_days": long_days},
    }
    kept, _ = AuditRetention.objects.update_or_create(
        organization=organization, defaults={"days": days, "long_days": long_days}
    )
    append(organization.pk, STREAM, actor, [Entry("RetentionChanged", data, object="retention")])
    return kept


def drop_old() -> int:
    """Drop what is too old in every organization, and return how many records that were."""
    return sum(drop_old_of(organization) for organization in Organization.objects.order_by("pk"))


def drop_old_of(organization: Organization) -> int:
    """Drop what is too old in one organization, a part in each transaction, and return how many records that were."""
    kept, at = retention_of(organization), now()
    cut, long_cut = at - timedelta(days=kept.days), at - timedelta(days=kept.long_days)
    n_dropped, after = 0, UUID(int=0)
    while old := _older(organization, after, max(cut, long_cut)):
        over = [one for one in old if one.occurred_at < (long_cut if _is_kept_long(one) else cut)]
        n_dropped += _drop(organization, over) if over else 0
        after = old[-1].id
    return n_dropped


def _older(organization: Organization, after: UUID, cut: datetime) -> list[_Old]:
    """Return the next records that were written before a time; their ids have the order of their times."""
    before = new_id_at(int(cut.timestamp()) * 1_000_000_000)
    found = AuditEvent.objects.filter(organization=organization, id__gt=after, id__lt=before, occurred_at__lt=cut)
    rows = found.exclude(kind__in=KEPT_FOR_EVER).order_by("id")
    return [_Old(*row) for row in rows.values_list("id", "occurred_at", "kind", "stream")[:_AT_A_TIME]]


def _is_kept_long(one: _Old) -> bool:
    return one.kind.startswith(_LONG_KINDS) or one.stream in _LONG_STREAMS


@transaction.atomic
def _drop(organization: Organization, over: Sequence[_Old]) -> int:
    """Drop records that are sealed and that no hold keeps, and put on record which."""
    places = _places(organization, over)
    with connection.cursor() as cursor:
        cursor.execute(_DROP, [organization.pk, list(places)])
        dropped = [row[0] for row in cursor.fetchall()]
    if not dropped:
        return 0
    AuditDisclosure.objects.filter(event_id__in=dropped).delete()
    data: JsonObject = {
        "ranges": [list(one) for one in _ranges(places[event] for event in dropped)],
        "count": len(dropped),
        "before": max(one.occurred_at for one in over).isoformat(),
    }
    append(organization.pk, STREAM, SYSTEM, [Entry(DROPPED, data, object="retention")])
    return len(dropped)


def _places(organization: Organization, over: Sequence[_Old]) -> dict[UUID, int]:
    """Return where in the tree records are; one that is not sealed has no place, and stays."""
    asked: dict[str, Any] = {
        "organization": organization.pk,
        "first": min(one.occurred_at for one in over),
        "last": max(one.occurred_at for one in over),
        "events": [one.id for one in over],
    }
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, asked)
        return dict(cursor.fetchall())


def _ranges(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each unbroken range."""
    first = last = None
    for place in sorted(places):
        if first is None or last is None or place != last + 1:
            if first is not None and last is not None:
                yield first, last
            first = place
        last = place
    if first is not None and last is not None:
        yield first, last
