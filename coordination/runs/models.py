"""Runs, their steps, the actions they released and the data they read."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization, User
from coordination.engine.flow.state import RunStatus, StepStatus
from coordination.shared.ids import new_id
from coordination.workflows.models import WorkflowVersion


class Run(models.Model):
    """One execution of a workflow version; its history is its stream in the audit log."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    workflow_version = models.ForeignKey(WorkflowVersion, models.PROTECT, related_name="+")
    workflow_name = models.CharField(max_length=63)
    workflow_number = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    input = models.JSONField()
    context = models.JSONField(default=dict)
    output = models.JSONField(null=True)
    error = models.JSONField(null=True)
    status = models.CharField(max_length=10, choices=[(s.value, s.value) for s in RunStatus], default=RunStatus.PENDING)
    stop_reason = models.CharField(max_length=500, blank=True)
    revision = models.PositiveIntegerField(default=0)
    priority = models.PositiveSmallIntegerField(default=50)
    started_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    started_by_name = models.CharField(max_length=150)
    cost_microusd = models.BigIntegerField(default=0)
    risk = models.PositiveSmallIntegerField(null=True)
    steps_total = models.PositiveIntegerField(default=0)
    steps_done = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-created_at"], name="run_newest"),
            models.Index(
                fields=["organization", "status"],
                name="run_open",
                condition=~Q(status__in=["succeeded", "failed", "cancelled"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.id})"


class Step(models.Model):
    """One step of a run; `fence` grows with each claim, so that a late worker's result is refused."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="steps")
    organization_id = models.UUIDField()
    key = models.CharField(max_length=63)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=200, blank=True)
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in StepStatus], default=StepStatus.PENDING
    )
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    target = models.PositiveIntegerField(default=0)
    approved = models.BooleanField(default=False)
    fence = models.PositiveIntegerField(default=0)
    # A person's retry begins a new generation: what it does is a new action with a new idempotency key.
    generation = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    offered_at = models.DateTimeField(null=True)
    pool = models.CharField(max_length=3, default="io")
    capability = models.CharField(max_length=63, blank=True)
    agent = models.CharField(max_length=63, blank=True)
    agent_version = models.PositiveIntegerField(null=True)
    agent_role = models.CharField(max_length=63, blank=True)
    parameters = models.JSONField(null=True)
    facts = models.JSONField(default=dict)
    output = models.JSONField(null=True)
    error = models.JSONField(null=True)
    confidence = models.FloatField(null=True)
    rationale = models.TextField(blank=True)
    usage = models.JSONField(default=dict)
    cost_microusd = models.BigIntegerField(default=0)
    proposals = models.JSONField(default=list)
    sources = models.JSONField(default=list)
    attempts = models.JSONField(default=list)
    approval_id = models.UUIDField(null=True)
    decision_id = models.UUIDField(null=True)
    ready_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="step_key_once")]
        indexes = [
            models.Index(fields=["due_at"], name="step_offered", condition=Q(status="ready")),
            models.Index(fields=["lease_until"], name="step_leased", condition=Q(status="running")),
            models.Index(fields=["organization_id", "agent", "-started_at"], name="step_by_agent"),
        ]

    def __str__(self) -> str:
        return self.key


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
    step_key = models.CharField(max_length=63)
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
    step_key = models.CharField(max_length=63)
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
