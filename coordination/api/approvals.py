"""Approvals: what waits for whom, and what people answer."""

from collections.abc import Callable
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
from coordination.approvals import selectors, services
from coordination.approvals.models import OPEN, ApprovalDecision, ApprovalRequest, Band, State, Verdict
from coordination.policies.services import answer_review
from coordination.runs.services import answer_approval

# Who carries on once people have answered: by the kind of thing that an approval is about.
ANSWERS: dict[str, Callable[..., ApprovalRequest]] = {
    "run": answer_approval,
    "guard": answer_approval,
    "policy": answer_review,
}
ME = "me"
UNSETTLED = "open"


class ApprovalFilters(Input):
    """Which approvals to list; `open` are all that nobody has settled yet, claimed or not."""

    assigned = serializers.ChoiceField([ME], required=False)
    status = serializers.ChoiceField([*State.values, UNSETTLED], required=False)
    risk = serializers.ChoiceField(Band.values, required=False)
    agent = serializers.CharField(max_length=63, required=False)
    operation = serializers.CharField(max_length=100, required=False)


class AnswerInput(Input):
    """What a person says about the revision that they saw."""

    reason = serializers.CharField(max_length=2000, default="", allow_blank=True)
    revision = serializers.IntegerField(min_value=1)


class EditInput(AnswerInput):
    """Other arguments for the same action."""

    parameters = serializers.DictField()


class DelegateInput(AnswerInput):
    """Who else may decide."""

    to = serializers.CharField(max_length=150)


class DecisionMade(serializers.ModelSerializer[ApprovalDecision]):
    """What one person said about one revision."""

    actor = serializers.CharField(source="actor.username")

    class Meta:
        model = ApprovalDecision
        fields = ("id", "revision", "actor", "verdict", "reason", "parameters", "digest_seen", "created_at")


class ApprovalOutput(serializers.ModelSerializer[ApprovalRequest]):
    """A question to people about one exact action."""

    status = serializers.CharField(source="state")
    requested_by = serializers.CharField(source="requested_by.username", default=None)
    claimed_by = serializers.CharField(source="claimed_by.username", default=None)
    edited_by = serializers.CharField(source="edited_by.username", default=None)
    asked = serializers.JSONField(source="stage")
    decisions = DecisionMade(many=True)

    class Meta:
        model = ApprovalRequest
        fields = (
            "id", "subject", "title", "intent", "status", "revision", "operation", "parameters", "action_digest",
            "agent", "agent_version", "on_behalf_of", "requested_by", "policy_decision_id", "reasons", "risk_score",
            "risk_band", "reversibility", "confidence", "evidence", "asked", "claimed_by", "claimed_until", "edited_by",
            "escalation_level", "decisions", "created_at", "due_at", "expires_at", "decided_at", "consumed_at",
        )  # fmt: skip


class ApprovalDetailOutput(ApprovalOutput):
    """A question, and whether the caller may approve it now."""

    you_may_approve = serializers.BooleanField()
    why_not = serializers.CharField(allow_null=True)

    class Meta(ApprovalOutput.Meta):
        fields = (*ApprovalOutput.Meta.fields, "you_may_approve", "why_not")  # type: ignore[assignment]  # a longer tuple


class ApprovalList(Endpoint):
    """Questions to people."""

    @listing("approvals_list", ApprovalFilters, ApprovalOutput)
    def get(self, request: Request) -> Response:
        """List a queue with the most urgent first, anything else with the newest first."""
        asked = self.asked(ApprovalFilters)
        rows, is_queue = self._rows(asked.pop("assigned", ""), asked.pop("status", ""))
        if "risk" in asked:
            asked["risk_band"] = asked.pop("risk")
        return self.page(rows.filter(**asked), ApprovalOutput, MostUrgentFirst if is_queue else NewestFirst)

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
        refusal: Exception | None = selectors.may_decide(found, self.caller.membership)
        if refusal is None and Right.APPROVAL_DECIDE not in self.caller.rights:
            refusal = ScopeMissing(needed=Right.APPROVAL_DECIDE.value)
        said: dict[str, Any] = dict(ApprovalOutput(found).data)
        said |= {"you_may_approve": refusal is None, "why_not": str(refusal) if refusal else None}
        return Response(said)


class Answer(ApprovalDetail):
    """What a person does about a question; whatever waits for the answer goes on in the same transaction."""

    writes = Right.APPROVAL_DECIDE
    http_method_names = ["post", "options"]

    def decide(self, approval_id: UUID, verdict: str, given: dict[str, Any]) -> Response:
        """Give the verdict and let go on what waited for it."""
        found = selectors.get_request(self.organization, approval_id)
        kind, _, _ = found.subject.partition(":")
        ANSWERS[kind](
            self.caller.membership,
            approval_id,
            verdict,
            reason=given["reason"],
            revision=given["revision"],
            parameters=given.get("parameters"),
        )
        return self.answer(selectors.get_request(self.organization, approval_id))


class Approve(Answer):
    """Yes."""

    @takes("approvals_approve", AnswerInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Agree to exactly what this revision says."""
        return self.decide(approval_id, Verdict.APPROVE, self.given(AnswerInput))


class Reject(Answer):
    """No."""

    @takes("approvals_reject", AnswerInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Refuse; needs a reason."""
        return self.decide(approval_id, Verdict.REJECT, self.given(AnswerInput))


class Edit(Answer):
    """Yes, but differently."""

    @takes("approvals_edit", EditInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Change the arguments; this voids the votes, and someone else must approve the new revision."""
        return self.decide(approval_id, Verdict.EDIT, self.given(EditInput))


class Claim(Answer):
    """I take this one."""

    @takes("approvals_claim", None, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Take the question up for ten minutes; meanwhile nobody else decides it."""
        found = selectors.get_request(self.organization, approval_id)
        services.claim(found, self.caller.membership)
        return self.answer(selectors.get_request(self.organization, approval_id))


class RequestInfo(Answer):
    """I need to know more."""

    @takes("approvals_request_info", AnswerInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Ask back; the reason is the question."""
        given = self.given(AnswerInput)
        found = selectors.get_request(self.organization, approval_id)
        services.request_info(found, self.caller.membership, given["reason"], given["revision"])
        return self.answer(selectors.get_request(self.organization, approval_id))


class Delegate(Answer):
    """Someone else may decide too."""

    @takes("approvals_delegate", DelegateInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Let another member decide, who must hold the right and have no part in it."""
        given = self.given(DelegateInput)
        found = selectors.get_request(self.organization, approval_id)
        services.delegate(found, self.caller.membership, given["to"], given["reason"], given["revision"])
        return self.answer(selectors.get_request(self.organization, approval_id))


class Escalate(Answer):
    """This is for someone above me."""

    @takes("approvals_escalate", AnswerInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Hand the question up; from then on the leads decide."""
        given = self.given(AnswerInput)
        found = selectors.get_request(self.organization, approval_id)
        services.escalate(found, self.caller.membership, given["reason"], given["revision"])
        return self.answer(selectors.get_request(self.organization, approval_id))


urlpatterns = [
    path("approvals/", ApprovalList.as_view()),
    path("approvals/<uuid:approval_id>/", ApprovalDetail.as_view()),
    path("approvals/<uuid:approval_id>/claim/", Claim.as_view()),
    path("approvals/<uuid:approval_id>/approve/", Approve.as_view()),
    path("approvals/<uuid:approval_id>/reject/", Reject.as_view()),
    path("approvals/<uuid:approval_id>/edit/", Edit.as_view()),
    path("approvals/<uuid:approval_id>/request-info/", RequestInfo.as_view()),
    path("approvals/<uuid:approval_id>/delegate/", Delegate.as_view()),
    path("approvals/<uuid:approval_id>/escalate/", Escalate.as_view()),
]
