"""Runs, their steps, the actions they released and the data they read."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization, User
from coordination.engine.flow.budget import Amounts
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
        indexes = [models.Index(fields=["organization_id", "agent", "-started_at"], name="step_by_agent")]

    def __str__(self) -> str:
        return self.key


class WorkKind(models.TextChoices):
    """What is to be done."""

    PERFORM = "perform"
    WAKE = "wake"
    TIMEOUT = "timeout"
    CHILD_ENDED = "child-ended"
    CHILD_SPENT = "child-spent"
    CANCEL = "cancel"


# What a run hears of the runs within it, also when it has ended itself: what they cost is counted all the same.
NEWS = (WorkKind.CHILD_ENDED, WorkKind.CHILD_SPENT)


class WorkItem(models.Model):
    """One thing to be done for a run. All of them are the queue: Celery's messages only say that there is something.

    `worker` holds it while `until` lies ahead; nobody holds one without a worker. Not part of a step, so that a lease
    that moves from one step to the next changes one narrow row and no index.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    run = models.ForeignKey(Run, models.CASCADE, related_name="work_items", db_constraint=False)
    step_key = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=12, choices=WorkKind.choices, default=WorkKind.PERFORM)
    attempt = models.PositiveIntegerField(default=0)
    pool = models.CharField(max_length=3, default="io")
    priority = models.PositiveSmallIntegerField(default=50)
    due_at = models.DateTimeField()
    worker = models.CharField(max_length=100, blank=True)
    until = models.DateTimeField(null=True)
    # The agent whose calls are counted because they are limited; `blocked` waits for one of them to end.
    agent_id = models.UUIDField(null=True)
    blocked = models.BooleanField(default=False)
    # How often taking it went wrong here; each time it is tried again later.
    setbacks = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["pool", "organization_id", "-priority", "id"], name="work_offered", condition=Q(worker="")
            ),
            models.Index(fields=["agent_id"], name="work_of_agent", condition=Q(agent_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.step_key}"

    def copy(self) -> "WorkItem":
        """Return an item that can be changed and thrown away; a tenth of what copying a model costs otherwise."""
        made = WorkItem.__new__(WorkItem)
        made.__dict__.update(self.__dict__)
        return made


class AgentMeter(models.Model):
    """When the next call of an agent with a rate would be due if its calls came evenly: all that a rate needs."""

    agent_id = models.UUIDField(primary_key=True)
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.agent_id} {self.due_at}"


class Budget(models.Model):
    """What an organization, or all runs of one of its workflows, may spend in a day (UTC)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    # Empty for the whole organization.
    workflow = models.CharField(max_length=63, blank=True)
    limits = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "workflow"], name="budget_once")]

    def __str__(self) -> str:
        return self.workflow or "all runs"


class Purse(models.Model):
    """What is spent and reserved of one budget: of a run, of a step in it, or of a day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    scope = models.CharField(max_length=200)
    day = models.DateField(null=True)
    spent_cost_microusd = models.BigIntegerField(default=0)
    spent_tokens = models.BigIntegerField(default=0)
    spent_calls = models.BigIntegerField(default=0)
    reserved_cost_microusd = models.BigIntegerField(default=0)
    reserved_tokens = models.BigIntegerField(default=0)
    reserved_calls = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "scope"], name="purse_once")]

    def __str__(self) -> str:
        return self.scope

    @property
    def spent(self) -> Amounts:
        """Return what calls took."""
        return Amounts(self.spent_cost_microusd, self.spent_tokens, self.spent_calls)

    @property
    def reserved(self) -> Amounts:
        """Return what is put aside for calls that are under way."""
        return Amounts(self.reserved_cost_microusd, self.reserved_tokens, self.reserved_calls)


class CountedCost(models.Model):
    """How much of the cost of a run within a run the one above has counted; only that one writes here."""

    run = models.OneToOneField(Run, models.CASCADE, primary_key=True, related_name="+")
    cost_microusd = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.run_id} {self.cost_microusd}"


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
