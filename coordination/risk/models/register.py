"""The register of risks."""

from datetime import date

from django.db import models

from coordination.accounts.models import Organization
from coordination.engine.trust.risk import Band
from coordination.risk.manifest import RiskSpec
from coordination.shared.ids import new_id


class RiskState(models.TextChoices):
    """Whether it is still to be watched."""

    OPEN = "open"
    CLOSED = "closed"


class RegisteredRisk(models.Model):
    """One thing that can go wrong with an agent, a workflow or the whole organization.

    `spec` says all of it; the columns mirror what lists ask for.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    about_kind = models.CharField(max_length=12)
    about_name = models.CharField(max_length=63, blank=True)
    title = models.CharField(max_length=200)
    owner = models.CharField(max_length=150)
    residual = models.PositiveSmallIntegerField()
    review_on = models.DateField()
    state = models.CharField(max_length=6, choices=RiskState.choices, default=RiskState.OPEN)
    spec = models.JSONField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "state", "-residual", "id"], name="risk_gravest"),
            models.Index(fields=["organization", "about_kind", "about_name"], name="risk_about"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def said(self) -> RiskSpec:
        """Return everything that the entry says."""
        return RiskSpec.model_validate(self.spec)

    def is_overdue(self, today: date) -> bool:
        """Tell whether nobody has looked at it in time."""
        return self.state == RiskState.OPEN and self.review_on < today


def grade(degree: int) -> Band:
    """Return the band of likelihood × impact, each from 1 to 5."""
    if degree >= 15:
        return "critical"
    return "high" if degree >= 10 else "medium" if degree >= 5 else "low"
