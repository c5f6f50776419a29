"""Where the record is kept, for how long, and whom it tells about."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from coordination.accounts.models import Organization
from coordination.audit import vault
from coordination.audit.models import (
    AuditAnchor,
    AuditAnchored,
    AuditCheck,
    AuditCheckpoint,
    AuditDisclosure,
    AuditEvent,
    AuditHold,
    AuditPersonal,
    AuditRetention,
    AuditSubject,
    HoldScope,
    WitnessedLog,
)
from coordination.engine.proof.personal import COMMITMENT, Opening, opened
from coordination.shared.clock import now
from coordination.shared.errors import NotFound

_MARK = f'"{COMMITMENT}":'


def anchors(organization: Organization) -> QuerySet[AuditAnchor]:
    """Return where the organization's checkpoints are sent, the oldest first."""
    return AuditAnchor.objects.filter(organization=organization, removed_at=None).order_by("created_at", "id")


def anchor_of(organization: Organization, anchor_id: UUID) -> AuditAnchor:
    """Return one anchor; raises NotFound."""
    anchor = anchors(organization).select_related("organization").filter(pk=anchor_id).first()
    if anchor is None:
        raise NotFound(kind="anchor", name=anchor_id)
    return anchor


def cosignatures(checkpoint: AuditCheckpoint) -> list[str]:
    """Return the signature lines of witnesses under a checkpoint: they go below its own in its note."""
    signed = AuditAnchored.objects.filter(checkpoint=checkpoint).exclude(cosignature="").order_by("created_at")
    return list(signed.values_list("cosignature", flat=True))


def logs(organization: Organization) -> QuerySet[WitnessedLog]:
    """Return the logs that the organization witnesses."""
    return WitnessedLog.objects.filter(organization=organization).order_by("origin")


def log_of(organization: Organization, log_id: UUID) -> WitnessedLog:
    """Return one log that is witnessed; raises NotFound."""
    log = logs(organization).filter(pk=log_id).first()
    if log is None:
        raise NotFound(kind="witnessed log", name=log_id)
    return log


def checks(organization: Organization) -> QuerySet[AuditCheck]:
    """Return when the whole record was hashed again, the newest first."""
    return AuditCheck.objects.filter(organization=organization).order_by("-started_at")


def retention_of(organization: Organization) -> AuditRetention:
    """Return how long records are kept: as it was set, or the default, which is not written."""
    return AuditRetention.objects.filter(pk=organization.pk).first() or AuditRetention(organization=organization)


def holds(organization: Organization) -> QuerySet[AuditHold]:
    """Return all holds, the newest first, also those that are over."""
    return AuditHold.objects.filter(organization=organization).order_by("-placed_at", "id")


def hold_of(organization: Organization, hold_id: UUID) -> AuditHold:
    """Return one hold; raises NotFound."""
    hold = holds(organization).filter(pk=hold_id).first()
    if hold is None:
        raise NotFound(kind="hold", name=hold_id)
    return hold


def holding(organization: Organization, at: datetime | None = None) -> QuerySet[AuditHold]:
    """Return the holds that are in force."""
    lasts = Q(until=None) | Q(until__gt=at or now())
    return holds(organization).filter(lasts, lifted_at=None)


def holding_subject(subject: AuditSubject) -> list[AuditHold]:
    """Return the holds that forbid to erase a person."""
    streams = [row.stream for row in subject.streams.all()]
    held = (
        Q(scope=HoldScope.ORGANIZATION)
        | Q(scope=HoldScope.SUBJECT, value=str(subject.pk))
        | Q(scope=HoldScope.STREAM, value__in=streams)
    )
    return list(holding(subject.organization).filter(held))


def subjects(organization: Organization) -> QuerySet[AuditSubject]:
    """Return whom records tell about, the newest first, with `n_streams`; also those who are erased."""
    found = AuditSubject.objects.filter(organization=organization)
    return found.annotate(n_streams=Count("streams")).order_by("-created_at", "id")


def subject_of(organization: Organization, subject_id: UUID) -> AuditSubject:
    """Return one person; raises NotFound."""
    subject = subjects(organization).filter(pk=subject_id).first()
    if subject is None:
        raise NotFound(kind="data subject", name=subject_id)
    return subject


def subject_named(organization: Organization, name: str) -> AuditSubject | None:
    """Return the person of that name, unless they are unknown or erased."""
    return subjects(organization).filter(name_mac=vault.mac_of(organization.pk, name)).first()


def subject_in(organization_id: UUID, stream: str) -> AuditSubject | None:
    """Return whom a stream tells about, if it does."""
    row = AuditPersonal.objects.filter(organization_id=organization_id, stream=stream).select_related("subject").first()
    return row.subject if row else None


def openings(events: Iterable[UUID]) -> dict[UUID, list[Opening]]:
    """Return what opens the commitments in these records, as far as nobody erased it."""
    rows = AuditDisclosure.objects.filter(event_id__in=list(events), subject__erased_at=None).select_related("subject")
    found: dict[UUID, list[Opening]] = {}
    for row in rows.order_by("id"):
        opening = Opening(*vault.unsealed(row.subject, bytes(row.sealed), row.event_id))
        found.setdefault(row.event_id, []).append(opening)
    return found


def values_in(organization_id: UUID, stream: str) -> dict[str, Any]:
    """Return the values that commitments in a stream stand for, by commitment, as far as nobody erased them."""
    ids = AuditEvent.objects.filter(organization_id=organization_id, stream=stream).values("id")
    rows = AuditDisclosure.objects.filter(event_id__in=ids, subject__erased_at=None).select_related("subject")
    return {
        row.commitment: vault.unsealed(row.subject, bytes(row.sealed), row.event_id)[2] for row in rows.iterator(2_000)
    }


def is_covered(body: str) -> bool:
    """Tell whether a record's text may hold commitments: nobody need look for what opens the others."""
    return _MARK in body


def uncovered(events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """Return records whose `data` has personal values in their places, or the word that they are erased."""
    found = list(events)
    covered = {event.pk: event for event in found if is_covered(event.body)}
    known = openings(covered) if covered else {}
    for pk, event in covered.items():
        event.uncovered = opened(event.data, {one.commitment(): one.value for one in known.get(pk, ())})
    return found
