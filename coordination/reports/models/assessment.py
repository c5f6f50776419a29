"""What an organization says about a control."""

from django.db import models

from coordination.accounts.models import Organization
from coordination.shared.ids import new_id


class Standing(models.TextChoices):
    """How far a control is in place."""

    IMPLEMENTED = "implemented"
    PARTIAL = "partial"
    NOT_IMPLEMENTED = "not-implemented", "Not implemented"
    NOT_APPLICABLE = "not-applicable", "Not applicable"


class Assessment(models.Model):
    """Who answers for a control, how it stands and why; without a row, the catalogue's own word holds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    control = models.CharField(max_length=63)
    # Empty: as the catalogue has it.
    standing = models.CharField(max_length=20, choices=Standing.choices, blank=True)
    owner = models.CharField(max_length=150, blank=True)
    note = models.TextField(blank=True)
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "control"], name="one_assessment_a_control")]

    def __str__(self) -> str:
        return self.control
