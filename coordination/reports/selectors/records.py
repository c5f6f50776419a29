"""Which audit records prove what a report says: counted in whole, shown in whole or by a sample."""

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, QuerySet

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.reports.dossier import Scope
from coordination.shared.ids import new_id_at

# So many records of each part of a report are in its pack with their proofs.
MOST_SHOWN = 200
_ROWS_AT_A_TIME = 5_000
# A record's identifier is made a moment before or after the time that it says.
_APART = timedelta(minutes=5)


def within(scope: Scope) -> QuerySet[AuditEvent]:
    """Return the records of the period, found by the time in their identifiers."""
    return records_between(scope.organization, scope.since, scope.until)


def records_between(organization: Organization, since: datetime, until: datetime) -> QuerySet[AuditEvent]:
    """Return an organization's records of [since, until)."""
    return AuditEvent.objects.filter(
        organization=organization,
        id__gte=_first_id(since - _APART),
        id__lt=_first_id(until + _APART),
        occurred_at__gte=since,
        occurred_at__lt=until,
    )


def count_of_kinds(organization: Organization, since: datetime, until: datetime) -> dict[str, int]:
    """Return how many records of each kind the period has."""
    rows = records_between(organization, since, until).order_by().values_list("kind").annotate(n=Count("id"))
    return dict(rows)


def chosen(scope: Scope, wanted: Mapping[str, frozenset[str]], size: int, seed: bytes) -> dict[str, list[UUID]]:
    """Return for each part of the report which sealed records show it: all where there are few, else a sample.

    The sample are those with the lowest SHA-256(seed ‖ identifier). The seed is the root of the checkpoint that the
    pack is proven by: it is signed before anyone chooses, and whoever has all records can draw the sample again.
    """
    parts_of = defaultdict(list)
    for part, kinds in wanted.items():
        for kind in kinds:
            parts_of[kind].append(part)
    lowest: dict[str, list[tuple[int, UUID]]] = {part: [] for part in wanted}
    rows = within(scope).filter(kind__in=list(parts_of)).order_by().values_list("id", "kind")
    for identifier, kind in rows.iterator(chunk_size=_ROWS_AT_A_TIME):
        drawn = int.from_bytes(hashlib.sha256(seed + identifier.bytes).digest()[:8])
        for part in parts_of[kind]:
            _keep(lowest[part], (-drawn, identifier), size)
    return {part: sorted(identifier for _, identifier in kept) for part, kept in lowest.items()}


def bodies(organization: Organization, identifiers: Iterable[UUID]) -> dict[UUID, AuditEvent]:
    """Return the records themselves."""
    return {event.id: event for event in AuditEvent.objects.filter(organization=organization, id__in=list(identifiers))}


def _keep(lowest: list[tuple[int, UUID]], candidate: tuple[int, UUID], size: int) -> None:
    if len(lowest) < size:
        heapq.heappush(lowest, candidate)
    else:
        heapq.heappushpop(lowest, candidate)


def _first_id(moment: datetime) -> UUID:
    """Return an identifier at or below those made at a moment."""
    made = new_id_at(max(0, int(moment.timestamp() * 1000)) * 1_000_000)
    return UUID(int=made.int >> 80 << 80)
