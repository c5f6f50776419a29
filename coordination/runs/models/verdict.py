"""What people think of what came of a step."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization, User
from coordination.runs.models.run import Run
from coordination.shared.ids import new_id


class Quality(models.TextChoices):
    """How good an output was."""

    RIGHT = "right", "right"
    WRONG = "wrong", "wrong"
    HARMFUL = "harmful", "harmful"


class StepVerdict(models.Model):
    """What one person says of the output of one attempt of a step; a later word of theirs takes its place."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, models.CASCADE, related_name="verdicts")
    step_key = models.CharField(max_length=80)
    attempt = models.PositiveIntegerField()
    # Whose output it is; empty where no agent gave it.
    agent = models.CharField(max_length=63, blank=True)
    agent_version = models.PositiveIntegerField(null=True)
    capability = models.CharField(max_length=63, blank=True)
    quality = models.CharField(max_length=7, choices=Quality.choices)
    reason = models.CharField(max_length=500, blank=True)
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    person_name = models.CharField(max_length=150)
    said_at = models.DateTimeField()
    # When the agent's record took it in.
    heeded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "step_key", "attempt", "person_name"], name="verdict_once")
        ]
        indexes = [
            models.Index(fields=["organization", "said_at", "id"], name="verdicts_newest"),
            models.Index(fields=["organization", "agent", "-said_at"], name="verdicts_of_agent"),
            models.Index(fields=["said_at"], name="verdicts_unheeded", condition=Q(heeded_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.step_key}: {self.quality}"
