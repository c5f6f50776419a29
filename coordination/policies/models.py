"""Rule sets with their immutable versions, and every decision they led to."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.accounts.named import Named, Version
from coordination.shared.clock import now
from coordination.shared.ids import new_id

# The stamp of an organization that never enforced a policy.
NO_RULES = uuid.UUID(int=0)


class Policy(Named):
    """Rules that belong together; what its `enforced` version says holds, and without one it says nothing."""

    enforced = models.ForeignKey("PolicyVersion", models.RESTRICT, null=True, related_name="+")


class VersionStatus(models.TextChoices):
    """Where a version is in its life."""

    DRAFT = "draft"
    ENFORCED = "enforced"
    SUPERSEDED = "superseded"


class PolicyVersion(Version):
    """A policy as it was written; a roll-back is a new version with the `restores` version's content."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="versions")
    status = models.CharField(max_length=20, choices=VersionStatus.choices, default=VersionStatus.DRAFT)
    restores = models.ForeignKey("self", models.RESTRICT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once"),
            models.UniqueConstraint(fields=["policy"], condition=Q(status="enforced"), name="one_enforced_version"),
        ]

    def __str__(self) -> str:
        return f"{self.policy.name} v{self.number}"


class RuleSetStamp(models.Model):
    """A value that is new whenever an organization's enforced rules changed: how every process notices.

    It is random, not a counter: a number could come back with other content after a transaction that failed.
    """

    organization = models.OneToOneField(Organization, models.CASCADE, primary_key=True, related_name="+")
    stamp = models.UUIDField(default=new_id)

    def __str__(self) -> str:
        return str(self.stamp)


class Outcome(models.TextChoices):
    """What was decided."""

    ALLOW = "allow"
    REQUIRE_APPROVAL = "require_approval", "a person decides"
    DENY = "deny"


class PolicyDecision(models.Model):
    """One decision about one act: what was known, what each rule said, what came of it; never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=now)
    subject = models.CharField(max_length=300)
    run_id = models.UUIDField(null=True)
    step = models.CharField(max_length=100, blank=True)
    hook = models.CharField(max_length=40)
    agent = models.CharField(max_length=100, blank=True)
    action = models.CharField(max_length=100, blank=True)
    input = models.JSONField()
    input_digest = models.CharField(max_length=64)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    # Every rule whose condition held, [{policy, version, rule, effect}], also those that a stricter one overruled.
    matched = models.JSONField(default=list)
    # The names of the policies among them, for counting and searching.
    policies = ArrayField(models.CharField(max_length=63), default=list)
    # What each rule of this kind of act said: [{policy, version, rule, result: true|false|"error", micros, error?}].
    results = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    # Who has to agree: [{role, group, users, n_required}], all of them.
    stages = models.JSONField(default=list)
    # Only the versions that took part: {policy: number}.
    versions = models.JSONField(default=dict)
    engine = models.CharField(max_length=60)
    micros = models.PositiveIntegerField()

    class Meta:
        indexes = [
            # Identifiers are ordered by time: newest first is the primary key backwards.
            models.Index(fields=["organization", "-id"], name="decisions_newest"),
            models.Index(fields=["organization", "run_id", "id"], name="decisions_of_run"),
            models.Index(fields=["organization", "created_at"], condition=~Q(policies=[]), name="decisions_that_fired"),
        ]

    def __str__(self) -> str:
        return f"{self.hook} {self.outcome}"
