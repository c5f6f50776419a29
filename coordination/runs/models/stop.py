"""What people brought to a stand, and the runs that stand still for it."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.runs.models.run import Run
from coordination.shared.ids import new_id


class Stop(models.Model):
    """A workflow, or the whole organization, that a person stopped; it ends when a person lets it go on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    # Empty for the whole organization.
    workflow = models.CharField(max_length=63, blank=True)
    # Its runs are ended, not held.
    cancels = models.BooleanField(default=False)
    reason = models.CharField(max_length=500)
    stopped_by = models.CharField(max_length=150)
    stopped_at = models.DateTimeField()
    ended_by = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "workflow"], condition=Q(ended_at__isnull=True), name="stop_open_once"
            )
        ]
        indexes = [models.Index(fields=["organization", "-stopped_at"], name="stops_newest")]

    def __str__(self) -> str:
        return self.workflow or "everything"


class HeldRun(models.Model):
    """A run that a stop paused; it goes on when the stop ends, unless a person paused it anew."""

    stop = models.ForeignKey(Stop, models.CASCADE, related_name="held")
    run = models.ForeignKey(Run, models.CASCADE, related_name="held_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stop", "run"], name="held_once")]

    def __str__(self) -> str:
        return f"{self.run_id} for {self.stop_id}"
