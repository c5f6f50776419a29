"""What is to be done for runs, and how often agents may be called."""

from django.db import models
from django.db.models import Q

from coordination.runs.models.run import Run
from coordination.shared.ids import new_id


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
