"""Whom records tell about: what opens the commitments in them, under one key for each person.

These rows can be changed and removed: destroying them is what an erasure is. Records and proofs stay as they are.
"""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.shared.ids import new_id


class AuditSubject(models.Model):
    """A person that records tell about. Everything that leads to them is encrypted or keyed, and goes with an erasure.

    `key_sealed` is their own key, encrypted by one that is kept outside the database.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    name_mac = models.BinaryField(max_length=32, null=True)
    name_sealed = models.BinaryField(null=True)
    key_sealed = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    erased_by = models.CharField(max_length=200, blank=True)
    basis = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name_mac"], name="audit_subject_once")]
        indexes = [models.Index(fields=["organization", "-created_at"], name="audit_subject_newest")]

    def __str__(self) -> str:
        return str(self.id)


class AuditPersonal(models.Model):
    """Which values of a person the records of a stream must not hold; null once they are erased."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    stream = models.CharField(max_length=200, db_collation="C")
    subject = models.ForeignKey(AuditSubject, models.PROTECT, related_name="streams")
    values_sealed = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "stream"], name="audit_personal_once")]

    def __str__(self) -> str:
        return self.stream


class AuditDisclosure(models.Model):
    """What opens one commitment in a record: salt, path and value, encrypted under the person's key."""

    event_id = models.UUIDField()
    subject = models.ForeignKey(AuditSubject, models.PROTECT, related_name="disclosures")
    commitment = models.CharField(max_length=43)
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event_id", "commitment"], name="audit_disclosure_once")]

    def __str__(self) -> str:
        return self.commitment


class HoldScope(models.TextChoices):
    """What a hold keeps."""

    ORGANIZATION = "organization", "Everything"
    STREAM = "stream", "One run or stream"
    SUBJECT = "subject", "One person"


class AuditHold(models.Model):
    """Keep records, whatever retention or erasure would do with them, until it is lifted or its time is over.

    `value` is the name of a stream, or the id of a subject.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    scope = models.CharField(max_length=12, choices=HoldScope.choices)
    value = models.CharField(max_length=200, blank=True, db_collation="C")
    reason = models.CharField(max_length=500)
    placed_by = models.CharField(max_length=200)
    placed_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=200, blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "scope", "value"], name="audit_hold_open", condition=Q(lifted_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.value}".strip()
