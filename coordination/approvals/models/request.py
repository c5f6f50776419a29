"""A question to people about one exact action."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization, User
from coordination.approvals.models.states import OPEN, Band, Reversibility, State, TimeoutAction, Verdict
from coordination.engine.proof.digest import action_digest
from coordination.shared.ids import new_id
from coordination.shared.json import JsonObject

if TYPE_CHECKING:
    from coordination.approvals.models.decision import ApprovalDecision


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

    # The stages in their order as they were asked for, never changed; `stage` is the first that is open now.
    chain = models.JSONField(default=list)
    chain_digest = models.CharField(max_length=64, blank=True)
    stage_no = models.PositiveSmallIntegerField(default=0)
    stage = models.JSONField()
    # Stages that are open beside it, each with its number (`no`) and whoever was handed it (`delegates`).
    also_open = models.JSONField(default=list)
    delegates = ArrayField(models.BigIntegerField(), default=list)
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING)
    claimed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    claimed_until = models.DateTimeField(null=True)
    edited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    # An answer that counts at that moment unless it is taken back: see `held.py`.
    held = models.JSONField(null=True)
    held_until = models.DateTimeField(null=True)
    escalation_level = models.PositiveSmallIntegerField(default=0)

    # Who of those asked was put it first because the others have more than they can look at; all of them may decide.
    assigned_to = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    created_at = models.DateTimeField()
    # Taken up by then, decided by then: `promised_at` as it was when it was asked, `due_at` for whoever is asked now.
    acknowledge_by = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    promised_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # How many calls for an answer went out (`engine.timetable.calls`), and when the next one does.
    calls = models.PositiveSmallIntegerField(default=0)
    next_call_at = models.DateTimeField(null=True)
    timeout_action = models.CharField(max_length=10, choices=TimeoutAction.choices, default=TimeoutAction.DENY)
    # Who answers for the agent: at a high risk they do not approve what it does.
    owners = ArrayField(models.CharField(max_length=150), default=list)
    # Approved by an admin alone although the chain did not agree; that never counts as its agreement.
    is_glass_broken = models.BooleanField(default=False)
    # Nobody answered, and by the organization's own rule that counted as consent: no human decided it.
    is_unattended = models.BooleanField(default=False)
    # An exercise: it can never release anything, and no figure counts it.
    is_synthetic = models.BooleanField(default=False)
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
            models.Index(
                fields=["held_until"], condition=Q(state__in=OPEN, held_until__isnull=False), name="approvals_held"
            ),
            models.Index(fields=["next_call_at"], condition=Q(state__in=OPEN), name="approvals_calling"),
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
        """Return how many different people must approve the first stage that is open."""
        return int(self.stage["n_required"])

    @property
    def votes(self) -> set[int]:
        """Return who approved in the first stage that is open."""
        return {vote.actor_id for vote in self.standing_votes() if vote.stage_no == self.stage_no}

    @property
    def voters(self) -> set[int]:
        """Return who approved this revision, in any stage; an edit voids what was said before."""
        return {vote.actor_id for vote in self.standing_votes()}

    def standing_votes(self) -> "list[ApprovalDecision]":
        """Return the approvals of this revision that count: who objects afterwards takes theirs back."""
        said = [one for one in self.decisions.all() if one.revision == self.revision and one.is_counted]
        against = {one.actor_id for one in said if one.verdict == Verdict.REJECT}
        return [one for one in said if one.verdict == Verdict.APPROVE and one.actor_id not in against]

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
