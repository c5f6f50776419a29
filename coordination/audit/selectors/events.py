"""Read the record."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent, AuditStream
from coordination.shared.errors import NotFound


def events(
    organization: Organization,
    *,
    actor: str | None = None,
    object: str | None = None,  # noqa: A002  (it is what a record calls it)
    kind: str | None = None,
    stream: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AuditEvent]:
    """Return the organization's records that match, newest first; `since` is included, `until` is not.

    Where no stream is named this reads what there is; `found` looks into the sealed records by their terms.
    """
    wanted = {
        "actor": actor,
        "object": object,
        "kind": kind,
        "stream": stream,
        "occurred_at__gte": since,
        "occurred_at__lt": until,
    }
    filters = {name: value for name, value in wanted.items() if value is not None}
    return AuditEvent.objects.filter(organization=organization, **filters).order_by("-stream_no" if stream else "-id")


def event_of(organization: Organization, event_id: UUID) -> AuditEvent:
    """Return one record; raises NotFound."""
    event = AuditEvent.objects.filter(organization=organization, pk=event_id).first()
    if event is None:
        raise NotFound(kind="record", name=event_id)
    return event


def history(organization: Organization, stream: str) -> QuerySet[AuditEvent]:
    """Return the records of one stream in the order they were written."""
    return AuditEvent.objects.filter(organization=organization, stream=stream).order_by("stream_no")


def heads(organization: Organization) -> QuerySet[AuditStream]:
    """Return the organization's streams by name."""
    return AuditStream.objects.filter(organization=organization).order_by("name")
