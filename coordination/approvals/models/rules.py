"""How an organization's queue keeps time, as its admins set it."""

from django.db import models

from coordination.accounts.models import Organization


class QueueRules(models.Model):
    """What holds now, checked against `approvals.manifest.Rules`; who changed what when is in the audit log."""

    organization = models.OneToOneField(Organization, models.CASCADE, primary_key=True, related_name="+")
    spec = models.JSONField()
    version = models.PositiveIntegerField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"version {self.version}"
