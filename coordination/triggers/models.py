"""Triggers, and each time one of them was due."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.accounts.named import Named
from coordination.engine.timetable.lateness import CatchUp
from coordination.runs.models import Run
from coordination.shared.ids import new_id
from coordination.triggers.definition import Kind, Overlap


class TriggerStatus(models.TextChoices):
    """Whether a trigger starts anything by itself."""

    ACTIVE = "active"
    PAUSED = "paused"


class Trigger(Named):
    """What starts runs of a workflow by itself; `spec` says when, as its kind has it.

    `next_at` is when a timed trigger is due next. One that follows runs has seen all that ended up to `cursor`, and is
    looked at again at `next_at` to move that on, whether or not one ended.
    """

    version = models.PositiveIntegerField(default=0)
    workflow_name = models.CharField(max_length=63)
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in Kind])
    spec = models.JSONField()
    input = models.JSONField(default=dict)
    priority = models.PositiveSmallIntegerField(default=50)
    catch_up = models.CharField(max_length=4, choices=[(policy.value, policy.value) for policy in CatchUp])
    overlap = models.CharField(max_length=15, choices=[(policy.value, policy.value) for policy in Overlap])
    status = models.CharField(max_length=6, choices=TriggerStatus.choices, default=TriggerStatus.ACTIVE)
    next_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    cursor = models.DateTimeField(null=True)
    # With SECRET_KEY it makes the secret of a webhook; by itself it opens nothing.
    secret_salt = models.CharField(max_length=40, blank=True)

    class Meta(Named.Meta):
        indexes = [
            models.Index(fields=["next_at"], name="trigger_due", condition=Q(status="active")),
            models.Index(fields=["id"], name="trigger_follows", condition=Q(status="active", kind="run-end")),
        ]


class FiringState(models.TextChoices):
    """What became of one time."""

    STARTED = "started"
    QUEUED = "queued"
    SKIPPED = "skipped"
    REFUSED = "refused"


class Firing(models.Model):
    """One time that a trigger was due, and the run it started or the reason why it started none.

    `key` names the occasion: a due time, a delivery, the run that ended. The unique key means once.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    trigger = models.ForeignKey(Trigger, models.CASCADE, related_name="firings", db_index=False)
    key = models.CharField(max_length=200)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=FiringState.choices)
    reason = models.CharField(max_length=500, blank=True)
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")
    # How many triggers in a row led to this one.
    depth = models.PositiveSmallIntegerField(default=1)
    # What a queued run will start with.
    input = models.JSONField(null=True)
    # Queued, or its run went on when someone last looked.
    is_open = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trigger", "key"], name="firing_once")]
        indexes = [
            models.Index(fields=["trigger", "-id"], name="firing_newest"),
            models.Index(fields=["trigger", "state"], name="firing_open", condition=Q(is_open=True)),
        ]

    def __str__(self) -> str:
        return f"{self.trigger_id} {self.key}"
