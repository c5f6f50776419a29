"""Runs and their steps."""

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
    # What the machine counts and keeps, so that no event has to look at every step.
    tally = models.JSONField(default=dict)
    # The step that this run is a part of, when another run started it.
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children", db_index=False)
    parent_step = models.CharField(max_length=80, blank=True)
    parent_attempt = models.PositiveIntegerField(default=0)
    depth = models.PositiveSmallIntegerField(default=0)
    # A person has told its agents something that no call was given yet.
    has_messages = models.BooleanField(default=False, db_default=False)
    # What a run within a run has to keep to besides its own budget.
    bounds = models.JSONField(default=dict)
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
            models.Index(fields=["parent", "parent_step"], name="run_within", condition=Q(parent__isnull=False)),
            # Whoever learns from runs looks at those that ended since the last time.
            models.Index(fields=["finished_at", "id"], name="run_ended_at", condition=Q(finished_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.id})"


class Step(models.Model):
    """One step of a run, or one item, round or racer of it; a step of the plan without a row is pending.

    `attempt` grows with each claim, so that a late worker's result is refused.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The unique key of run and key finds the steps of a run.
    run = models.ForeignKey(Run, models.CASCADE, related_name="steps", db_index=False)
    organization_id = models.UUIDField()
    key = models.CharField(max_length=80)
    position = models.PositiveIntegerField()
    parent = models.CharField(max_length=63, blank=True)
    index = models.PositiveIntegerField(default=0)
    item = models.JSONField(null=True)
    # How many children a map, a loop or a race has, and how they fare.
    progress = models.JSONField(default=dict)
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=200, blank=True)
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in StepStatus], default=StepStatus.PENDING
    )
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    target = models.PositiveIntegerField(default=0)
    approved = models.BooleanField(default=False)
    # A person's retry begins a new generation: what it does is a new action with a new idempotency key.
    generation = models.PositiveIntegerField(default=0)
    capability = models.CharField(max_length=63, blank=True)
    agent = models.CharField(max_length=63, blank=True)
    agent_version = models.PositiveIntegerField(null=True)
    agent_role = models.CharField(max_length=63, blank=True)
    parameters = models.JSONField(null=True)
    facts = models.JSONField(default=dict)
    output = models.JSONField(null=True)
    error = models.JSONField(null=True)
    confidence = models.FloatField(null=True)
    # The lowest confidence among this step and all that it rests on.
    least_sure = models.FloatField(null=True)
    rationale = models.TextField(blank=True)
    usage = models.JSONField(default=dict)
    cost_microusd = models.BigIntegerField(default=0)
    # What budgets put aside for the present attempt, and where.
    reserved = models.JSONField(default=dict)
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
            models.Index(fields=["organization_id", "agent", "-started_at"], name="step_by_agent"),
            models.Index(fields=["organization_id", "-id"], name="step_negotiations", condition=Q(kind="negotiate")),
        ]

    def __str__(self) -> str:
        return self.key
