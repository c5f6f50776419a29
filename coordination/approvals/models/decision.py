"""What people said about a question."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from coordination.accounts.models import User
from coordination.accounts.sign_in import SignIn
from coordination.approvals.models.request import ApprovalRequest
from coordination.approvals.models.states import Hurry, Verdict
from coordination.shared.ids import new_id


class ApprovalDecision(models.Model):
    """What one person said about one revision; never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="decisions", db_index=False)
    revision = models.PositiveIntegerField()
    stage_no = models.PositiveSmallIntegerField(default=0)
    stage = models.JSONField()
    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    # In whose place they said it, where a rule of delegation lets them.
    for_user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    actor_auth = models.CharField(max_length=10, choices=SignIn.choices, blank=True)
    # The units that their voice stands for, where a stage asks different units.
    units = ArrayField(models.CharField(max_length=60), default=list)
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    reason = models.TextField(blank=True)
    reason_code = models.CharField(max_length=40, blank=True)
    parameters = models.JSONField(null=True)
    digest_seen = models.CharField(max_length=64)
    # How long it was before them, what they opened, and what they thought before they saw the recommendation.
    dwell_ms = models.PositiveIntegerField(null=True)
    evidence_opened = models.JSONField(default=list)
    own_judgement = models.CharField(max_length=20, null=True)
    # In which haste they approved and confirmed that they meant it; nobody is held up for longer than that.
    hurry = models.CharField(max_length=10, choices=Hurry.choices, blank=True)
    # Advice, blind second looks and answers to exercises decide nothing.
    is_counted = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["request", "id"], name="decisions_of_request")]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "revision", "actor"],
                condition=Q(verdict=Verdict.APPROVE, is_counted=True),
                name="one_vote_per_person",
            ),
            models.UniqueConstraint(
                fields=["request", "revision", "for_user"],
                condition=Q(verdict=Verdict.APPROVE, is_counted=True, for_user__isnull=False),
                name="one_vote_in_place_of_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.actor_id}"
