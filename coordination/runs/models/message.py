"""What people tell agents that work on a run."""

from django.db import models

from coordination.accounts.models import Organization
from coordination.runs.models.run import Run
from coordination.shared.ids import new_id


class RunMessage(models.Model):
    """What a person wants an agent to know; it is given to the next call that it is meant for, once.

    It is meant for calls of one agent, for calls for one step (its items and rounds too), or for whichever comes next.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, models.CASCADE, related_name="messages")
    agent = models.CharField(max_length=63, blank=True)
    step_key = models.CharField(max_length=80, blank=True)
    text = models.TextField()
    author = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    # The call that was given it.
    given_at = models.DateTimeField(null=True)
    given_to = models.CharField(max_length=63, blank=True)
    given_step = models.CharField(max_length=80, blank=True)
    given_attempt = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["run", "id"], name="messages_of_run")]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:40]}"
