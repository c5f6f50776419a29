"""The append-only record: events in streams, and a head for each stream.

Triggers in the migrations refuse UPDATE, DELETE and TRUNCATE of events, and any step back of a head.
"""

from typing import Any, cast

from django.db import models

from coordination.accounts.models import Organization
from coordination.engine.proof.body import content_of
from coordination.engine.proof.chain import leaf_hash
from coordination.shared.ids import new_id

# Byte order, so that PostgreSQL and an offline check agree on what comes first.
_BYTES = "C"


class CurrentTransaction(models.Func):
    """The id of the transaction that inserts the row: 64 bits, never used twice."""

    template = "((pg_current_xact_id()::text)::bigint)"
    arity = 0
    allowed_default = True
    output_field = models.BigIntegerField()


class AuditStream(models.Model):
    """The head of a stream: how many records it has and where its chain ends."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=200, db_collation=_BYTES)
    length = models.PositiveBigIntegerField(default=0)
    head_hash = models.CharField(max_length=64, blank=True)
    # Its records tell about a person, see `audit/covering.py`.
    is_personal = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="audit_stream_once")]

    def __str__(self) -> str:
        return self.name


class AuditEvent(models.Model):
    """One record. `body` is the exact RFC 8785 text that is hashed; the other columns repeat it.

    Every index here is paid for by every step of every run: what people search by is indexed when a record is sealed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No foreign key in the database: its check would lock the organization's row once for every record.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    occurred_at = models.DateTimeField()
    stream = models.CharField(max_length=200, db_collation=_BYTES)
    stream_no = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=60)
    actor = models.CharField(max_length=200)
    object = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    written_in = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)

    # The details with personal values in their places, for whoever may see them: `selectors.uncovered` looks them up.
    uncovered: dict[str, Any] | None = None

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "stream", "stream_no"], name="audit_event_once")]
        indexes = [models.Index(fields=["written_in"], name="audit_event_written")]

    def __str__(self) -> str:
        return f"{self.stream} {self.stream_no} {self.kind}"

    @property
    def hash(self) -> str:
        """Return the hash of the body: the record's leaf in the tree."""
        return leaf_hash(self.body)

    @property
    def content(self) -> dict[str, Any]:
        """Return what the body says."""
        return content_of(self.body) or {}

    @property
    def data(self) -> dict[str, Any]:
        """Return the details of this record."""
        return cast(dict[str, Any], self.content.get("data", {})) if self.uncovered is None else self.uncovered

    @property
    def prev_hash(self) -> str:
        """Return the hash of the record before it in its stream."""
        return str(self.content.get("prev_hash", ""))

    @property
    def on_behalf_of(self) -> str:
        """Return for whom it was done."""
        return str(self.content.get("on_behalf_of", ""))
