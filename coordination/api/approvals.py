"""Approvals: what waits for whom, and what people answer."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.caller import ScopeMissing
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.pagination import MostUrgentFirst, NewestFirst
from coordination.api.shielding import shield_page, without_advice_in
from coordination.approvals import selectors
from coordination.approvals.models import (
    OPEN,
    ApprovalDecision,
    ApprovalMessage,
    ApprovalRequest,
    ApprovalRevision,
    Band,
    State,
)
from coordination.approvals.question import Manner
from coordination.approvals.selectors import StageProgress

ME = "me"
UNSETTLED = "open"


class ApprovalFilters(Input):
    """Which approvals to list; `open` are all that nobody has settled yet, claimed or not."""

    assigned = serializers.ChoiceField([ME], required=False)
    status = serializers.ChoiceField([*State.values, UNSETTLED], required=False)
    risk = serializers.ChoiceField(Band.values, required=False)
    agent = serializers.CharField(max_length=63, required=False)
    operation = serializers.CharField(max_length=100, required=False)


class DecisionMade(serializers.ModelSerializer[ApprovalDecision]):
    """What one person said about one revision."""

    actor = serializers.CharField(source="actor.username")
    on_behalf_of = serializers.CharField(source="for_user.username", default=None)

    class Meta:
        model = ApprovalDecision
        fields = (
            "id", "revision", "stage_no", "actor", "on_behalf_of", "actor_auth", "verdict", "reason", "reason_code",
            "parameters", "digest_seen", "own_judgement", "is_counted", "created_at",
        )  # fmt: skip


class RevisionMade(serializers.ModelSerializer[ApprovalRevision]):
    """One exact action as it was asked for."""

    edited_by = serializers.CharField(source="edited_by.username", default=None)

    class Meta:
        model = ApprovalRevision
        fields = ("number", "parameters", "action_digest", "title", "intent", "edited_by", "created_at")


class MessageSaid(serializers.ModelSerializer[ApprovalMessage]):
    """One line of the thread."""

    class Meta:
        model = ApprovalMessage
        fields = ("id", "author", "text", "created_at")


class StageStanding(serializers.Serializer[StageProgress]):
    """One stage of the chain, who is asked, and how far it is."""

    no = serializers.IntegerField()
    state = serializers.CharField(help_text="done, open or to come")
    asked = serializers.CharField()
    stage = serializers.JSONField(source="kept")
    votes = serializers.IntegerField(allow_null=True, help_text="Withheld from whoever is to judge first.")
    needed = serializers.IntegerField()


class ApprovalOutput(serializers.ModelSerializer[ApprovalRequest]):
    """A question to people about one exact action."""

    status = serializers.CharField(source="state")
    requested_by = serializers.CharField(source="requested_by.username", default=None)
    claimed_by = serializers.CharField(source="claimed_by.username", default=None)
    edited_by = serializers.CharField(source="edited_by.username", default=None)
    assigned_to = serializers.CharField(
        source="assigned_to.username", default=None, help_text="Who is asked first; the others may decide it too."
    )
    asked = serializers.JSONField(source="stage")
    held_by = serializers.CharField(source="held.username", default=None, help_text="whose answer counts in a moment")
    decisions = DecisionMade(many=True)
    advice_withheld = serializers.BooleanField(
        default=False, help_text="Whether you are to say what you think (own-judgement/) before you see what others do."
    )
    own_judgement = serializers.CharField(default=None, help_text="What you said before you saw it.")

    class Meta:
        model = ApprovalRequest
        fields = (
            "id", "subject", "title", "intent", "status", "revision", "operation", "parameters", "action_digest",
            "agent", "agent_version", "on_behalf_of", "requested_by", "policy_decision_id", "reasons", "risk_score",
            "risk_band", "reversibility", "confidence", "evidence", "asked", "stage_no", "chain", "chain_digest",
            "claimed_by", "claimed_until", "assigned_to", "held_by", "held_until", "edited_by", "escalation_level",
            "timeout_action", "is_glass_broken", "is_unattended", "advice_withheld", "own_judgement", "decisions",
            "created_at", "acknowledged_at", "due_at", "expires_at", "decided_at", "consumed_at",
        )  # fmt: skip


class ApprovalDetailOutput(ApprovalOutput):
    """A question with its revisions and its thread, and whether the caller may approve it now."""

    stages = StageStanding(many=True)
    revisions = RevisionMade(many=True)
    messages = MessageSaid(many=True)
    you_may_approve = serializers.BooleanField()
    why_not = serializers.CharField(allow_null=True)
    lesson = serializers.CharField(
        allow_null=True, help_text="Of an exercise that you answered: what was wrong with it."
    )

    class Meta(ApprovalOutput.Meta):
        fields = (  # type: ignore[assignment]  # a longer tuple
            *ApprovalOutput.Meta.fields, "stages", "revisions", "messages", "you_may_approve", "why_not", "lesson",
        )  # fmt: skip


class ApprovalList(Endpoint):
    """Questions to people."""

    @listing("approvals_list", ApprovalFilters, ApprovalOutput)
    def get(self, request: Request) -> Response:
        """List a queue with the most urgent first, anything else with the newest first."""
        asked = self.asked(ApprovalFilters)
        rows, is_queue = self._rows(asked.pop("assigned", ""), asked.pop("status", ""))
        if "risk" in asked:
            asked["risk_band"] = asked.pop("risk")
        found = self.page(rows.filter(**asked), ApprovalOutput, MostUrgentFirst if is_queue else NewestFirst)
        return shield_page(found, self.caller.membership)

    def _rows(self, assigned: str, status: str) -> tuple[QuerySet[ApprovalRequest], bool]:
        """Return the rows, and whether they are a queue."""
        if assigned == ME:
            rows = selectors.pending_for(self.caller.membership)
        elif status == UNSETTLED or status in OPEN:
            rows = selectors.open_requests(self.organization)
        else:
            rows = selectors.requests(self.organization)
        is_queue = rows.query.order_by[0] == "due_at"
        return (rows.filter(state=status) if status in State.values else rows), is_queue


class ApprovalDetail(Endpoint):
    """One question."""

    @takes("approvals_read", None, ApprovalDetailOutput)
    def get(self, request: Request, approval_id: UUID) -> Response:
        """Return the question with everything that a decision needs."""
        return self.answer(selectors.get_request(self.organization, approval_id))

    def answer(self, found: ApprovalRequest) -> Response:
        """Return the question as the caller sees it."""
        manner = Manner(auth=self.caller.auth)
        refusal: Exception | None = selectors.may_decide(found, self.caller.membership, manner=manner)
        if refusal is None and Right.APPROVAL_DECIDE not in self.caller.rights:
            refusal = ScopeMissing(needed=Right.APPROVAL_DECIDE.value)
        said: dict[str, Any] = dict(ApprovalOutput(found).data)
        said["stages"] = [StageStanding(stage).data for stage in selectors.progress_of(found)]
        said["revisions"] = RevisionMade(found.revisions.select_related("edited_by"), many=True).data
        said["messages"] = MessageSaid(found.messages.all(), many=True).data
        said |= {"you_may_approve": refusal is None, "why_not": str(refusal) if refusal else None}
        lesson = selectors.lesson_for(found, self.caller.membership)
        said["lesson"] = lesson.text if lesson else None
        kept = selectors.shield(found, self.caller.membership)
        return Response(without_advice_in(said, kept, self.caller.membership))


urlpatterns = [
    path("approvals/", ApprovalList.as_view()),
    path("approvals/<uuid:approval_id>/", ApprovalDetail.as_view()),
]
