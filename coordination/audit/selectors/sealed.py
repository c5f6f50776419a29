"""Where records are in their organization's tree."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from coordination.accounts.models import Organization
from coordination.audit.models import AuditBatch, AuditCheckpoint, AuditEvent, AuditSealer

_HASH_BYTES = 32


def batch_of(
    organization: Organization | UUID | Combinable, event: UUID | Combinable, occurred_at: datetime | Combinable
) -> QuerySet[AuditBatch]:
    """Return the batch of a record, if it is sealed; when it occurred is what makes finding it cheap."""
    about: dict[str, Any] = {"organization": organization, "events__contains": [event]}
    return AuditBatch.objects.filter(Q(first_at__lte=occurred_at, last_at__gte=occurred_at), **about)


def place_of(event: AuditEvent) -> tuple[AuditCheckpoint, int] | None:
    """Return the checkpoint that a record was sealed in, and the number of its leaf; None while it is not sealed."""
    found = batch_of(event.organization_id, event.id, event.occurred_at).order_by("last_at")
    batch = found.select_related("checkpoint").defer("terms").first()
    return (batch.checkpoint, batch.first_seq + batch.events.index(event.id)) if batch else None


def checkpoints(organization: Organization) -> QuerySet[AuditCheckpoint]:
    """Return the organization's checkpoints, the newest first."""
    return AuditCheckpoint.objects.filter(organization=organization).order_by("-number")


def leaves(organization: Organization, first: int, end: int) -> list[bytes]:
    """Return the leaves from `first` up to, and without, `end`."""
    batches = AuditBatch.objects.filter(organization=organization, first_seq__lt=end, first_seq__gt=first - 256)
    found: list[bytes] = []
    for at, raw in batches.order_by("first_seq").values_list("first_seq", "leaves"):
        own = [bytes(raw[here : here + _HASH_BYTES]) for here in range(0, len(raw), _HASH_BYTES)]
        found += own[max(0, first - at) : max(0, end - at)]
    return found


def unsealed(organization: Organization) -> QuerySet[AuditEvent]:
    """Return the organization's records that no checkpoint covers yet, newest first."""
    mark = Coalesce(Subquery(AuditSealer.objects.values("sealed_below")[:1]), 0)
    return AuditEvent.objects.filter(organization=organization, written_in__gte=mark).order_by("-id")
