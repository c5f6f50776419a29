"""Rule sets with their immutable versions, and the stamp by which processes notice that they changed."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.accounts.named import Named, Version
from coordination.shared.ids import new_id

# The stamp of an organization that never enforced a policy.
NO_RULES = uuid.UUID(int=0)
# What is read in the place of a stamp that is not there although policies are enforced.
MISSING_STAMP = uuid.UUID(int=2**128 - 1)


class Policy(Named):
    """Rules that belong together; what its `enforced` version says holds, and without one it says nothing."""

    enforced = models.ForeignKey("PolicyVersion", models.RESTRICT, null=True, related_name="+")


class VersionStatus(models.TextChoices):
    """Where a version is in its life."""

    DRAFT = "draft"
    VALIDATED = "validated"
    BACKTESTED = "backtested"
    IN_REVIEW = "in_review", "In review"
    SHADOW = "shadow", "In shadow"
    CANARY = "canary"
    ENFORCED = "enforced"
    SUPERSEDED = "superseded"
    ROLLED_BACK = "rolled_back", "Rolled back"
    REJECTED = "rejected"


# Nobody but its author has said anything about it yet.
UNREVIEWED = (VersionStatus.DRAFT, VersionStatus.VALIDATED, VersionStatus.BACKTESTED)
# Judged beside the enforced rules: for the record only, or for a part of the runs.
CANDIDATES = (VersionStatus.SHADOW, VersionStatus.CANARY)


class Way(models.TextChoices):
    """How a version comes, or came, into force."""

    STAGED = "staged", "in shadow first, then for a part of the runs, then for all"
    DIRECT = "direct", "at once after the review"
    HOTFIX = "hotfix", "at once because it only tightens; reviewed afterwards"
    RESTORED = "restored", "at once because it says what held before"
    UNREVIEWED = "unreviewed", "without a review, as the organization has chosen"
    OPERATOR = "operator", "by an operator, outside the review"


class PolicyVersion(Version):
    """A policy as it was written; a roll-back is a new version with the `restores` version's content."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="versions")
    status = models.CharField(max_length=20, choices=VersionStatus.choices, default=VersionStatus.DRAFT)
    # Since when it has this status; unknown for what was written before versions had stages.
    status_at = models.DateTimeField(null=True)
    way = models.CharField(max_length=20, choices=Way.choices, blank=True)
    # The version that its author had before them, and why they changed it.
    based_on = models.PositiveIntegerField(null=True)
    note = models.CharField(max_length=500, blank=True)
    # The version in whose place it is enforced: what its reviewers compare it with, and what held before it.
    replaces = models.PositiveIntegerField(null=True)
    reviewed_by = ArrayField(models.CharField(max_length=150), default=list)
    # How many of a hundred runs a canary is tried on, as the practice said when it began.
    canary_percent = models.PositiveSmallIntegerField(null=True)
    restores = models.ForeignKey("self", models.RESTRICT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once"),
            models.UniqueConstraint(fields=["policy"], condition=Q(status="enforced"), name="one_enforced_version"),
            models.UniqueConstraint(fields=["policy"], condition=Q(status="in_review"), name="one_version_in_review"),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(status__in=["shadow", "canary"]), name="one_candidate_version"
            ),
        ]
        indexes = [
            models.Index(fields=["status_at"], condition=Q(status__in=["shadow", "canary"]), name="policy_candidates"),
        ]

    def __str__(self) -> str:
        return f"{self.policy.name} v{self.number}"


class PolicyPractice(models.Model):
    """How an organization brings changes of its policies into force; without a row, these defaults hold."""

    organization = models.OneToOneField(Organization, models.CASCADE, primary_key=True, related_name="+")
    is_review_required = models.BooleanField(default=True)
    # Why changes are not reviewed; empty while they are.
    reason = models.CharField(max_length=500, blank=True)
    shadow_hours = models.PositiveIntegerField(default=72, validators=[MaxValueValidator(24 * 90)])
    shadow_matches = models.PositiveIntegerField(default=200, validators=[MaxValueValidator(100_000)])
    canary_percent = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    canary_hours = models.PositiveIntegerField(default=24, validators=[MaxValueValidator(24 * 90)])
    changed_at = models.DateTimeField(null=True)
    changed_by = models.CharField(max_length=150, blank=True)

    def __str__(self) -> str:
        return f"Practice of {self.organization_id}"


class RuleSetStamp(models.Model):
    """A value that is new whenever an organization's rules changed, those being tried out too: how processes notice.

    It is random, not a counter: a number could come back with other content after a transaction that failed.
    """

    organization = models.OneToOneField(Organization, models.CASCADE, primary_key=True, related_name="+")
    stamp = models.UUIDField(default=new_id)

    def __str__(self) -> str:
        return str(self.stamp)
