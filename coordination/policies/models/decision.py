"""Every decision that rules led to."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.engine.proof.canonical import digest_of
from coordination.shared.clock import now
from coordination.shared.ids import new_id


class Outcome(models.TextChoices):
    """What was decided."""

    ALLOW = "allow"
    REQUIRE_APPROVAL = "require_approval", "a person decides"
    DENY = "deny"


class PolicyDecision(models.Model):
    """One decision about one act: what was known, what each rule said, what came of it; never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No foreign key in the database: its check would lock the organization's row once for every decision.
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    created_at = models.DateTimeField(default=now)
    subject = models.CharField(max_length=300)
    run_id = models.UUIDField(null=True)
    step = models.CharField(max_length=100, blank=True)
    hook = models.CharField(max_length=40)
    agent = models.CharField(max_length=100, blank=True)
    action = models.CharField(max_length=100, blank=True)
    input = models.JSONField()
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
    # What was taken out of what the act is about: [{path, kind, policy, rule}].
    redactions = models.JSONField(default=list)
    # Reasons of the rules that only warn, as in `reasons`.
    warnings = models.JSONField(default=list)
    # What the act takes out of limits: [{policy, rule, key, used, takes, most, over}].
    limits = models.JSONField(default=list)
    # What each version or rule that is tried out would have decided: [{policy, version, outcome, results}].
    shadows = models.JSONField(default=list)
    # What would have been decided if all of them held; empty where nothing is tried out.
    shadow_outcome = models.CharField(max_length=20, blank=True)
    # A version that is tried out on a part of the runs took part in earnest.
    is_canary = models.BooleanField(default=False)
    engine = models.CharField(max_length=60)
    micros = models.PositiveIntegerField()

    class Meta:
        indexes = [
            # Identifiers are ordered by time: newest first is the primary key backwards.
            models.Index(fields=["organization", "-id"], name="decisions_newest"),
            models.Index(fields=["organization", "run_id", "id"], name="decisions_of_run"),
            models.Index(fields=["organization", "created_at"], condition=~Q(policies=[]), name="decisions_that_fired"),
            # What a version that is tried out would have changed.
            models.Index(fields=["organization", "created_at"], condition=~Q(shadows=[]), name="decisions_tried_out"),
            # How busy an agent is and how often it was refused, where a rule asks.
            models.Index(fields=["organization", "agent", "id"], condition=Q(outcome="deny"), name="decisions_refused"),
            models.Index(
                fields=["organization", "agent", "id"],
                condition=Q(hook__in=["action", "tool.call"], outcome="allow"),
                name="decisions_of_acting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hook} {self.outcome}"

    @property
    def input_digest(self) -> str:
        """Return the digest of what was known."""
        return digest_of(self.input)


class LimitBucket(models.Model):
    """What was lately taken of one limit, for one combination of what it is counted by."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    policy = models.CharField(max_length=63)
    rule = models.CharField(max_length=63)
    key = models.CharField(max_length=200, blank=True)
    # The version that is tried out and counts apart; 0 for what is in force.
    trial = models.PositiveIntegerField(default=0)
    # {when a slice of time began, in seconds since 1970: how much was taken in it}.
    slices = models.JSONField(default=dict)
    # When nothing of it counts any more.
    empty_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "policy", "rule", "key", "trial"], name="limit_bucket_once")
        ]
        indexes = [models.Index(fields=["organization", "empty_at"], name="limit_buckets_to_forget")]

    def __str__(self) -> str:
        return f"{self.policy} {self.rule} {self.key}".strip()
