"""The actions that runs released, and the data that agents read."""

from django.db import models

from coordination.accounts.models import Organization
from coordination.runs.models.run import Run
from coordination.shared.ids import new_id


class ToolCallStatus(models.TextChoices):
    """What became of an action that left the house."""

    RELEASED = "released"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ToolCall(models.Model):
    """An action that the gate released; the unique key means once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, models.CASCADE, related_name="tool_calls")
    step_key = models.CharField(max_length=80)
    tool = models.CharField(max_length=63)
    tool_version = models.PositiveIntegerField()
    args = models.JSONField()
    digest = models.CharField(max_length=64)
    idempotency_key = models.CharField(max_length=200, unique=True)
    approval_id = models.UUIDField(null=True)
    decision_id = models.UUIDField(null=True)
    status = models.CharField(max_length=10, choices=ToolCallStatus.choices, default=ToolCallStatus.RELEASED)
    result = models.JSONField(null=True)
    error = models.JSONField(null=True)
    released_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.tool} ({self.status})"


class DataAccess(models.Model):
    """What an agent read or wrote for a run, why, and whether it was allowed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, models.CASCADE, related_name="accesses")
    step_key = models.CharField(max_length=80)
    agent = models.CharField(max_length=63)
    kind = models.CharField(max_length=20)
    what = models.CharField(max_length=300)
    classification = models.CharField(max_length=20)
    purpose = models.CharField(max_length=200)
    decision = models.CharField(max_length=10)
    items = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["run", "created_at"], name="access_of_run")]

    def __str__(self) -> str:
        return f"{self.agent} read {self.what}"
