"""The append-only record: events in streams, and a head for each stream.

Triggers in the migrations refuse UPDATE, DELETE and TRUNCATE of events, and any step back of a head.
"""

from typing import Any, cast

from django.db import models

from coordination.accounts.models import Organization
from coordination.engine.proof.chain import content_of
from coordination.shared.ids import new_id

# Byte order, so that PostgreSQL and an offline check agree on what comes first.
_BYTES = "C"


class AuditStream(models.Model):
    """The head of a stream: how many records it has and where its chain ends. `id` counts openings."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=200, db_collation=_BYTES)
    length = models.PositiveBigIntegerField(default=0)
    head_hash = models.CharField(max_length=64, blank=True)
    first_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="audit_stream_once")]
        indexes = [models.Index(fields=["organization", "id"], name="audit_stream_opened")]

    def __str__(self) -> str:
        return self.name


class AuditEvent(models.Model):
    """One record. `body` is the exact RFC 8785 text that was hashed; the other columns repeat it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No foreign key in the database: its check would lock the organization's row once for every record.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    occurred_at = models.DateTimeField()
    stream = models.CharField(max_length=200, db_collation=_BYTES)
    stream_no = models.PositiveBigIntegerField()
    prev_hash = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=60)
    actor = models.CharField(max_length=200)
    object = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "stream", "stream_no"], name="audit_event_once")]
        indexes = [
            models.Index(fields=["organization", "id"], name="audit_event_newest"),
            models.Index(fields=["organization", "kind", "id"], name="audit_event_kind"),
            models.Index(fields=["organization", "actor", "id"], name="audit_event_actor"),
            models.Index(
                fields=["organization", "object", "id"],
                name="audit_event_object",
                condition=~models.Q(object=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.stream_no} {self.kind}"

    @property
    def content(self) -> dict[str, Any]:
        """Return what the body says."""
        return content_of(self.body) or {}

    @property
    def data(self) -> dict[str, Any]:
        """Return the details of this record."""
        return cast(dict[str, Any], self.content.get("data", {}))

    @property
    def on_behalf_of(self) -> str:
        """Return for whom it was done."""
        return str(self.content.get("on_behalf_of", ""))
