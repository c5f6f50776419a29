"""Where records are in the tree, with their way to a signed checkpoint."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models.functions import TruncDay

from coordination.accounts.models import Organization
from coordination.audit.models import AuditBatch, AuditCheckpoint
from coordination.audit.selectors import checkpoints
from coordination.audit.selectors.proofs import Subtrees
from coordination.reports.dossier import Scope
from coordination.reports.selectors.records import bodies

# So many records are read at once.
_AT_A_TIME = 200
# A record that was written at the period's end may be sealed a moment later.
_APART = timedelta(minutes=5)


def newest_checkpoint(organization: Organization) -> AuditCheckpoint | None:
    """Return the checkpoint by which a pack is proven."""
    return checkpoints(organization).first()


def places_of(scope: Scope, size: int, wanted: Collection[UUID]) -> dict[UUID, int]:
    """Return the leaf of each wanted record of the period that is in the tree of `size` leaves."""
    batches = AuditBatch.objects.filter(
        organization=scope.organization,
        first_seq__lt=size,
        last_at__gte=scope.since - _APART,
        first_at__lt=scope.until + _APART,
    ).order_by("first_seq")
    sought, found = set(wanted), {}
    for first, events in batches.values_list("first_seq", "events").iterator(chunk_size=100):
        for seq, identifier in enumerate(events, start=first):
            if identifier in sought and seq < size:
                found[identifier] = seq
    return found


def proven_lines(organization: Organization, places: Mapping[UUID, int], size: int) -> Iterator[dict[str, Any]]:
    """Yield records in the order of their leaves, each with the proof that it is in the tree of `size` leaves."""
    subtrees = Subtrees(organization)
    in_order = sorted(places.items(), key=lambda item: item[1])
    for at in range(0, len(in_order), _AT_A_TIME):
        some = in_order[at : at + _AT_A_TIME]
        records = bodies(organization, [identifier for identifier, _ in some])
        for identifier, seq in some:
            record = records[identifier]
            yield {
                "seq": seq,
                "size": size,
                "hash": record.hash,
                "body": record.body,
                "proof": _spelled(subtrees.inclusion(seq, size)),
            }


def checkpoints_of(scope: Scope, newest: AuditCheckpoint) -> Iterator[dict[str, Any]]:
    """Yield the last checkpoint of each day of the period and the newest one, each with its proof of growth."""
    period = checkpoints(scope.organization).filter(
        created_at__gte=scope.since, created_at__lt=scope.until, number__lt=newest.number
    )
    daily = period.annotate(day=TruncDay("created_at")).order_by("day", "-number").distinct("day")
    subtrees, before = Subtrees(scope.organization), 0
    for one in [*sorted(daily, key=lambda one: one.number), newest]:
        proof = subtrees.consistency(before, one.size) if before else []
        yield {"number": one.number, "note": one.note, "consistency": _spelled(proof)}
        before = one.size


def _spelled(proof: Iterable[bytes]) -> list[str]:
    return [one.hex() for one in proof]
