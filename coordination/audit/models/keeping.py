"""How long records are kept, where checkpoints are kept besides here, and whether the record was found whole."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.audit.models.checkpoint import AuditCheckpoint
from coordination.shared.ids import new_id

# No record goes before that, whatever is set: the database itself refuses.
FLOOR_DAYS = 183
DAYS = 3 * 365
LONG_DAYS = 5 * 365


class AuditRetention(models.Model):
    """After how many days bodies of records may be dropped; `long_days` holds for approvals and for policies."""

    organization = models.OneToOneField(Organization, models.PROTECT, primary_key=True, related_name="+")
    days = models.PositiveIntegerField(default=DAYS)
    long_days = models.PositiveIntegerField(default=LONG_DAYS)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.days} days"


class AnchorKind(models.TextChoices):
    """Where checkpoints are sent."""

    FILE = "file", "Folder"
    WEBHOOK = "webhook", "Webhook"
    EMAIL = "email", "E-mail"
    WITNESS = "witness", "Witness"


class AuditAnchor(models.Model):
    """A place outside the database that is told the organization's checkpoints.

    `due_at` is when it is told next; `failing_since` is empty while the last attempt went well.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=7, choices=AnchorKind.choices)
    # A folder below the operator's, an address, or the prefix of a witness.
    address = models.CharField(max_length=500)
    # The verifier key of a witness: name+id+key.
    key = models.CharField(max_length=300, blank=True)
    # With SECRET_KEY it makes the secret that a webhook is signed with.
    salt = models.CharField(max_length=40, blank=True)
    # The largest tree that it has acknowledged.
    size = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "address"], condition=Q(removed_at=None), name="audit_anchor_once"
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="audit_anchor_due", condition=Q(removed_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} {self.address}"


class AuditAnchored(models.Model):
    """A checkpoint that an anchor has acknowledged; a witness answers with its signature."""

    anchor = models.ForeignKey(AuditAnchor, models.PROTECT, related_name="anchored", db_index=False)
    checkpoint = models.ForeignKey(AuditCheckpoint, models.PROTECT, related_name="+")
    cosignature = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["anchor", "checkpoint"], name="audit_anchored_once")]

    def __str__(self) -> str:
        return f"{self.anchor_id} {self.checkpoint_id}"


class WitnessedLog(models.Model):
    """A log that is kept elsewhere and whose checkpoints are witnessed here: the last one that was consistent."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    origin = models.CharField(max_length=200)
    # The verifier keys that sign its checkpoints, one on a line.
    keys = models.TextField()
    size = models.PositiveBigIntegerField(default=0)
    root = models.BinaryField(max_length=32, null=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    # When a checkpoint was shown that does not continue this one, and how.
    refused_at = models.DateTimeField(null=True)
    refused_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "origin"], name="witnessed_log_once")]

    def __str__(self) -> str:
        return self.origin


class AuditCheck(models.Model):
    """The whole record, hashed again: what came of it. An empty `problem` means that all is as it was written."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    records = models.PositiveBigIntegerField()
    problem = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "-started_at"], name="audit_check_newest")]

    def __str__(self) -> str:
        return self.problem or f"{self.records} records as they were written"
