"""What a version of a policy would have done to the decisions of the last weeks."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.policies.models.policy import Policy, PolicyVersion
from coordination.shared.ids import new_id

# A worker says more often than this that it is there.
LOST_AFTER = timedelta(seconds=20)


class BacktestStatus(models.TextChoices):
    """How far a backtest is."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost", "its worker died"


OPEN_BACKTESTS = (BacktestStatus.QUEUED, BacktestStatus.RUNNING)


class Backtest(models.Model):
    """One version judged on stored decisions; `attempt` fences off a worker that was given up."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    policy = models.ForeignKey(Policy, models.CASCADE, related_name="backtests")
    version = models.ForeignKey(PolicyVersion, models.CASCADE, related_name="backtests")
    status = models.CharField(max_length=20, choices=BacktestStatus.choices, default=BacktestStatus.QUEUED)
    attempt = models.PositiveIntegerField(default=1)
    worker = models.CharField(max_length=200, blank=True)
    requested_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    # When its worker was last heard of; while it is queued, when a worker was last rung for.
    seen_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True)
    # The number of the policy's enforced version that it was compared with; None: the policy said nothing.
    against = models.PositiveIntegerField(null=True)
    report = models.JSONField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(status__in=["queued", "running"]), name="one_open_backtest"
            )
        ]
        indexes = [
            models.Index(fields=["seen_at"], condition=Q(status__in=["queued", "running"]), name="backtests_open"),
        ]

    def __str__(self) -> str:
        return f"backtest of {self.version}"

    @property
    def is_open(self) -> bool:
        """Tell whether it waits for a worker or is under way."""
        return self.status in OPEN_BACKTESTS

    @property
    def share(self) -> float:
        """Return how much of it is done, from 0 to 1."""
        if self.status == BacktestStatus.FINISHED:
            return 1.0
        return self.done / self.total if self.total else 0.0

    @property
    def is_outdated(self) -> bool:
        """Tell whether another version of the policy is enforced by now than the one it was compared with."""
        enforced = self.policy.enforced
        return self.report is not None and self.against != (enforced.number if enforced else None)

    @property
    def flips(self) -> dict[tuple[str, str], int]:
        """Return how many decisions would have come out otherwise, by what they are and what they would be."""
        found = self.report["flips"] if self.report else []
        return {(flip["before"], flip["after"]): flip["n"] for flip in found}

    @property
    def loosens(self) -> bool:
        """Tell whether anything that is stopped or held for a person would have been let go further."""
        return bool(self.report and self.report["looser"])
