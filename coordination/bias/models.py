"""Monitors, the decisions they count, what each look found, and, apart from all of it, what is known of people."""

from django.db import models

from coordination.accounts.models import Organization
from coordination.accounts.named import Named, Version
from coordination.shared.ids import new_id


class MonitorState(models.TextChoices):
    """What is known, and what people made of it."""

    INSUFFICIENT = "insufficient", "Too few decisions"
    NO_EVIDENCE = "no-evidence", "No evidence of bias"
    WATCH = "watch", "Watch"
    BREACH = "breach", "Breach"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    MITIGATED = "mitigated", "Mitigated"


class BiasMonitor(Named):
    """One type of decisions that is watched; `findings` is what the last look said."""

    version = models.PositiveIntegerField(default=0)
    spec = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=MonitorState.choices, default=MonitorState.INSUFFICIENT)
    state_at = models.DateTimeField(null=True)
    # What a person said when they took an alarm on, or did something about it.
    note = models.CharField(max_length=2_000, blank=True)
    noted_by = models.CharField(max_length=150, blank=True)
    period = models.PositiveIntegerField(default=1)
    period_began_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    # Something was counted, or found out about somebody, since the last look.
    is_stale = models.BooleanField(default=True)
    n = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=list)
    # What earlier looks of the period found: {pair: [p, standing]}.
    memory = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    # Runs that ended before this have been read.
    read_to = models.DateTimeField(null=True)
    # Decisions that an expression had no value for, and what it said last.
    unread = models.PositiveIntegerField(default=0)
    unread_why = models.CharField(max_length=500, blank=True)

    class Meta(Named.Meta):
        indexes = [models.Index(fields=["is_stale"], name="bias_monitor_stale", condition=models.Q(is_stale=True))]


class BiasMonitorVersion(Version):
    """A monitor as it was."""

    monitor = models.ForeignKey(BiasMonitor, models.CASCADE, related_name="versions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["monitor", "number"], name="bias_monitor_version_once")]


class Characteristic(models.Model):
    """What is known of a person for this purpose alone; people are kept by a digest, not by name."""

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    subject = models.CharField(max_length=64)
    name = models.CharField(max_length=40)
    value = models.CharField(max_length=100)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "subject", "name"], name="characteristic_once"),
        ]

    def __str__(self) -> str:
        return self.name


class CountedDecision(models.Model):
    """One decision about one person: counted once, whatever arrives again; its outcome may come much later."""

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    monitor = models.ForeignKey(BiasMonitor, models.CASCADE, related_name="decisions")
    reference = models.CharField(max_length=200)
    subject = models.CharField(max_length=64)
    favourable = models.BooleanField()
    period = models.PositiveIntegerField()
    run_id = models.UUIDField(null=True)
    decided_at = models.DateTimeField()
    # What turned out to be right: would a favourable decision have been the good one?
    outcome = models.BooleanField(null=True)
    outcome_at = models.DateTimeField(null=True)
    is_outcome_late = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["monitor", "reference"], name="counted_decision_once")]
        indexes = [
            models.Index(fields=["monitor", "period"], name="counted_in_period"),
            models.Index(fields=["organization", "subject"], name="counted_of_subject"),
        ]

    def __str__(self) -> str:
        return self.reference


class Look(models.Model):
    """What one look at a monitor's decisions found; `is_planned` marks the one that ends a period."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    monitor = models.ForeignKey(BiasMonitor, models.CASCADE, related_name="looks")
    period = models.PositiveIntegerField()
    at = models.DateTimeField()
    n = models.PositiveIntegerField()
    is_planned = models.BooleanField(default=False)
    standing = models.CharField(max_length=12)
    findings = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["monitor", "-at"], name="look_newest")]

    def __str__(self) -> str:
        return f"{self.standing} at {self.at}"


class ProbeStatus(models.TextChoices):
    """How far a probe is."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class Probe(models.Model):
    """An agent asked the same questions about people of different groups."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    monitor = models.ForeignKey(BiasMonitor, models.CASCADE, related_name="probes")
    agent = models.CharField(max_length=63)
    agent_version = models.PositiveIntegerField(null=True)
    status = models.CharField(max_length=10, choices=ProbeStatus.choices, default=ProbeStatus.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    report = models.JSONField(null=True)
    error = models.CharField(max_length=500, blank=True)
    requested_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["monitor"], name="one_open_probe", condition=models.Q(status__in=["queued", "running"])
            )
        ]
        indexes = [models.Index(fields=["monitor", "-created_at"], name="probe_newest")]

    def __str__(self) -> str:
        return f"{self.agent} {self.status}"
