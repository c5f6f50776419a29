"""A pack of evidence about a period, and its bytes in parts, so that no machine has to hold all of them."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.shared.ids import new_id


class ReportStatus(models.TextChoices):
    """How far a pack is."""

    QUEUED = "queued"
    RUNNING = "running", "being made"
    READY = "ready"
    FAILED = "failed"


OPEN_REPORTS = (ReportStatus.QUEUED, ReportStatus.RUNNING)


class Occasion(models.TextChoices):
    """Why a pack is made."""

    ASKED = "asked", "asked for"
    SCHEDULED = "scheduled", "on schedule"


class Report(models.Model):
    """One pack about [since, until); `attempt` fences off a worker that was given up."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    occasion = models.CharField(max_length=10, choices=Occasion.choices)
    since = models.DateTimeField()
    until = models.DateTimeField()
    status = models.CharField(max_length=10, choices=ReportStatus.choices, default=ReportStatus.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=1)
    requested_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    # When its worker was last heard of; while it is queued, when a worker was last rung for.
    seen_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveSmallIntegerField(default=0)
    doing = models.CharField(max_length=100, blank=True)
    error = models.CharField(max_length=500, blank=True)
    size = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    # What it says in short: {standings, files, records, checkpoint, gaps}.
    summary = models.JSONField(default=dict)
    # When its bytes made room for newer packs; what it was stays.
    discarded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "since", "until"],
                condition=Q(occasion="scheduled"),
                name="one_scheduled_report_a_period",
            ),
            models.UniqueConstraint(
                fields=["organization", "since", "until"],
                condition=Q(status__in=["queued", "running"]),
                name="one_open_report_a_period",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="reports_newest"),
            models.Index(fields=["seen_at"], condition=Q(status__in=["queued", "running"]), name="reports_open"),
        ]

    def __str__(self) -> str:
        return f"report {self.since:%Y-%m-%d} to {self.until:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        """Tell whether it waits for a worker or is being made."""
        return self.status in OPEN_REPORTS

    @property
    def is_there(self) -> bool:
        """Tell whether its bytes can be handed out."""
        return self.status == ReportStatus.READY and self.discarded_at is None

    @property
    def share(self) -> float:
        """Return how much of it is done, from 0 to 1."""
        return self.done / self.total if self.total else float(self.status == ReportStatus.READY)

    @property
    def filename(self) -> str:
        """Return the name under which it is handed out."""
        return f"{self.organization.slug}-{self.since:%Y-%m-%d}-to-{self.until:%Y-%m-%d}.zip"


class ReportPart(models.Model):
    """Some of the bytes of a pack, in their order."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="report_part_once")]

    def __str__(self) -> str:
        return f"part {self.number}"
