"""Questions to people, and every decision about them."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization, User
from coordination.engine.proof.digest import action_digest
from coordination.shared.ids import new_id
from coordination.shared.json import JsonObject


class State(models.TextChoices):
    """Where a request stands; the closed ones never reopen."""

    PENDING = "pending"
    CLAIMED = "claimed"
    INFO_REQUESTED = "info_requested", "Information requested"
    APPROVED = "approved"
    CONSUMED = "consumed"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    INVALIDATED = "invalidated"


OPEN = (State.PENDING, State.CLAIMED, State.INFO_REQUESTED)
# An approved action can still be stopped until it is released.
UNSETTLED = (*OPEN, State.APPROVED)


class Band(models.TextChoices):
    """How much is at risk."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Reversibility(models.TextChoices):
    """Whether the effect can be taken back."""

    REVERSIBLE = "reversible"
    COMPENSABLE = "compensable"
    IRREVERSIBLE = "irreversible"


class Verdict(models.TextChoices):
    """What a person said."""

    APPROVE = "approve"
    REJECT = "reject"
    EDIT = "edit"
    REQUEST_INFO = "request_info", "Request information"
    DELEGATE = "delegate"
    ESCALATE = "escalate"


class ApprovalRequest(models.Model):
    """One question: may this exact action, named by its digest, happen once?

    `subject` says what waits for it (`run:<uuid>/step:<key>`) without a key upward. `revision` counts edits.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    subject = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    intent = models.TextField(blank=True)

    operation = models.CharField(max_length=100)
    tool_version = models.PositiveIntegerField(null=True)
    resource = models.CharField(max_length=300, blank=True)
    parameters = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=200, blank=True)
    action_digest = models.CharField(max_length=64)

    agent = models.CharField(max_length=63, blank=True)
    agent_version = models.PositiveIntegerField(null=True)
    on_behalf_of = models.CharField(max_length=200, blank=True)
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    policy_decision_id = models.UUIDField(null=True)
    reasons = models.JSONField(default=list)
    risk_score = models.PositiveSmallIntegerField(null=True)
    risk_band = models.CharField(max_length=10, choices=Band.choices)
    reversibility = models.CharField(max_length=20, choices=Reversibility.choices)
    confidence = models.FloatField(null=True)
    evidence = models.JSONField(default=list)

    stage = models.JSONField()
    delegates = ArrayField(models.BigIntegerField(), default=list)
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING)
    claimed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    claimed_until = models.DateTimeField(null=True)
    edited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    escalation_level = models.PositiveSmallIntegerField(default=0)

    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    consumed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "subject"],
                condition=Q(state__in=OPEN),
                name="one_open_request_per_subject",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "due_at", "id"], condition=Q(state__in=OPEN), name="approvals_queue"),
            models.Index(fields=["expires_at"], condition=Q(state__in=OPEN), name="approvals_expiring"),
            models.Index(fields=["organization", "-decided_at"], name="approvals_decided"),
            models.Index(
                fields=["organization", "subject"],
                name="approvals_of_subject",
                opclasses=["uuid_ops", "varchar_pattern_ops"],
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Tell whether the request can still be decided."""
        return self.state in OPEN

    def is_claimed(self, moment: datetime) -> bool:
        """Tell whether someone is working on it: a claim is a lease."""
        return self.claimed_until is not None and self.claimed_until > moment

    @property
    def stream(self) -> str:
        """Return the audit stream of what this is about: the run's, or the approvals' own."""
        thing, _, _ = self.subject.partition("/")
        return thing if thing.startswith("run:") else "approvals"

    @property
    def topics(self) -> list[str]:
        """Return what to ring when this changes."""
        return ["approvals"] if self.stream == "approvals" else ["approvals", self.stream.replace(":", "-")]

    @property
    def needed(self) -> int:
        """Return how many different people must approve."""
        return int(self.stage["n_required"])

    @property
    def voters(self) -> set[int]:
        """Return who approved this revision; an edit voids what was said before."""
        return {
            decision.actor_id
            for decision in self.decisions.all()
            if decision.revision == self.revision and decision.verdict == Verdict.APPROVE
        }

    def digest_for(self, parameters: JsonObject) -> str:
        """Return the digest of this action with these parameters."""
        return action_digest(
            organization=str(self.organization_id),
            agent=self.agent,
            agent_version=self.agent_version,
            on_behalf_of=self.on_behalf_of,
            operation=self.operation,
            tool_version=self.tool_version,
            resource=self.resource,
            parameters=parameters,
            idempotency_key=self.idempotency_key,
        )


class ApprovalDecision(models.Model):
    """What one person said about one revision; never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="decisions", db_index=False)
    revision = models.PositiveIntegerField()
    stage = models.JSONField()
    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    reason = models.TextField(blank=True)
    parameters = models.JSONField(null=True)
    digest_seen = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["request", "id"], name="decisions_of_request")]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "revision", "actor"],
                condition=Q(verdict=Verdict.APPROVE),
                name="one_vote_per_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.actor_id}"
