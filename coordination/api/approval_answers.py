"""Approvals: what people answer, and what they say about them."""

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.accounts.selectors import members
from coordination.api.approvals import ApprovalDetail, ApprovalDetailOutput
from coordination.api.describing import takes
from coordination.api.inputs import Input
from coordination.approvals import selectors, services
from coordination.approvals.models import Judgement, Verdict
from coordination.approvals.question import Manner
from coordination.engine.flow.machine import CHOICE
from coordination.runs.services import answer, ask_back

_NOBODY = -1


class AnswerInput(Input):
    """What a person says about the revision that they saw, and how they came to it."""

    reason = serializers.CharField(max_length=2000, default="", allow_blank=True)
    revision = serializers.IntegerField(min_value=1)
    reason_code = serializers.CharField(max_length=40, default="", allow_blank=True)
    dwell_ms = serializers.IntegerField(min_value=0, max_value=86_400_000, default=None, allow_null=True)
    evidence_opened = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=100, default=list, allow_empty=True
    )
    own_judgement = serializers.ChoiceField(Judgement.values, default=None, allow_null=True)
    in_place_of = serializers.CharField(
        max_length=150, default="", allow_blank=True, help_text="For whom, where you are asked yourself as well."
    )
    confirmed = serializers.BooleanField(
        default=False, help_text="You were told that you are quick (look-again), and mean it."
    )


class JudgementInput(Input):
    """What somebody thinks of a revision by themselves."""

    judgement = serializers.ChoiceField(Judgement.values)
    revision = serializers.IntegerField(min_value=1)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class FinalInput(AnswerInput):
    """An answer that may end the question; an undoable one counts after five seconds, unless the risk is critical."""

    undoable = serializers.BooleanField(default=False)


class ApproveInput(FinalInput):
    """A yes; where agents did not agree, for which of their cases."""

    choose = serializers.CharField(
        max_length=200,
        default="",
        allow_blank=True,
        help_text="Of a conflict: the case that holds, else the strongest",
    )


class EditInput(AnswerInput):
    """Other arguments for the same action."""

    parameters = serializers.DictField()


class DelegateInput(AnswerInput):
    """Who else may decide."""

    to = serializers.CharField(max_length=150)


class InfoInput(Input):
    """What a person answers to a question about an approval."""

    text = serializers.CharField(max_length=4000)


class Answer(ApprovalDetail):
    """What a person does about a question; whatever waits for the answer goes on in the same transaction."""

    writes = Right.APPROVAL_DECIDE
    http_method_names = ["post", "options"]

    def decide(self, approval_id: UUID, verdict: str, given: dict[str, Any]) -> Response:
        """Give the verdict and let go on what waited for it."""
        answer(
            self.caller.membership,
            approval_id,
            verdict,
            reason=given["reason"],
            revision=given["revision"],
            parameters=given.get("parameters"),
            manner=self.manner(given),
            undoable=given.get("undoable", False),
        )
        return self.now(approval_id)

    def now(self, approval_id: UUID) -> Response:
        """Return the question as it is after the answer."""
        return self.answer(selectors.get_request(self.organization, approval_id))

    def manner(self, given: dict[str, Any]) -> Manner:
        """Return how the caller came to the answer; how they are signed in is not for them to say."""
        return Manner(
            auth=self.caller.auth,
            dwell_ms=given["dwell_ms"],
            evidence_opened=given["evidence_opened"],
            own_judgement=given["own_judgement"],
            reason_code=given["reason_code"],
            for_user_id=self._absent(given["in_place_of"]),
            is_confirmed=given["confirmed"],
        )

    def _absent(self, username: str) -> int | None:
        """Return who is away, as approvals know them; nobody is asked in the place of a stranger."""
        if not username:
            return None
        found = members(self.organization).filter(user__username=username).values_list("user_id", flat=True)
        return found.first() or _NOBODY


class OwnJudgement(Answer):
    """Before being advised."""

    @takes("approvals_own_judgement", JudgementInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Say what you would do; from then on you see how sure the agent is and what others said."""
        given = self.given(JudgementInput)
        found = selectors.get_request(self.organization, approval_id)
        services.judge_first(found, self.caller.membership, given["judgement"], given["revision"], given["note"])
        return self.now(approval_id)


class Approve(Answer):
    """Yes."""

    @takes("approvals_approve", ApproveInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Agree to exactly what this revision says."""
        given = self.given(ApproveInput)
        if given["choose"]:
            # A choice between cases counts at once.
            given |= {"parameters": {CHOICE: given["choose"]}, "undoable": False}
        return self.decide(approval_id, Verdict.APPROVE, given)


class Reject(Answer):
    """No."""

    @takes("approvals_reject", FinalInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Refuse; needs a reason."""
        return self.decide(approval_id, Verdict.REJECT, self.given(FinalInput))


class Undo(Answer):
    """No, wait."""

    @takes("approvals_undo", None, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Take back an undoable answer within its five seconds; nothing has happened then."""
        services.take_back(selectors.get_request(self.organization, approval_id), self.caller.membership)
        return self.now(approval_id)


class Edit(Answer):
    """Yes, but differently."""

    @takes("approvals_edit", EditInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Change the arguments: policies decide again, the votes are void, and someone else approves what it is now."""
        return self.decide(approval_id, Verdict.EDIT, self.given(EditInput))


class Return(Answer):
    """Think again."""

    @takes("approvals_return", FinalInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Send it back: whoever proposed it plans again with the reason, and the action does not happen."""
        return self.decide(approval_id, Verdict.RETURN, self.given(FinalInput))


class Abstain(Answer):
    """Not me."""

    @takes("approvals_abstain", AnswerInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Step back from the question: it is for others to decide, and you are not asked again."""
        return self.decide(approval_id, Verdict.ABSTAIN, self.given(AnswerInput))


class BreakGlass(Answer):
    """Now, alone, on record."""

    @takes("approvals_break_glass", AnswerInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Approve as an admin although those asked have not: others review it within a day."""
        return self.decide(approval_id, Verdict.BREAK_GLASS, self.given(AnswerInput))


class Claim(Answer):
    """I take this one."""

    @takes("approvals_claim", None, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Take the question up for ten minutes; meanwhile nobody else decides it."""
        found = selectors.get_request(self.organization, approval_id)
        services.claim(found, self.caller.membership)
        return self.now(approval_id)


class RequestInfo(Answer):
    """I need to know more."""

    @takes("approvals_request_info", AnswerInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Ask back; the reason is the question. The agent that proposed the action answers in the thread."""
        given = self.given(AnswerInput)
        ask_back(self.caller.membership, approval_id, given["reason"], given["revision"], self.manner(given))
        return self.now(approval_id)


class GiveInfo(Answer):
    """This is what you asked."""

    writes = Right.READ

    @takes("approvals_answer", InfoInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Answer what was asked back, as whoever asked for the action or is in charge; then it is decided again."""
        found = selectors.get_request(self.organization, approval_id)
        services.give_info(found, self.caller.membership, self.given(InfoInput)["text"])
        return self.now(approval_id)


class Delegate(Answer):
    """Someone else may decide too."""

    @takes("approvals_delegate", DelegateInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Let another member decide, who must hold the right and have no part in it."""
        given = self.given(DelegateInput)
        found = selectors.get_request(self.organization, approval_id)
        services.delegate(
            found,
            self.caller.membership,
            given["to"],
            given["reason"],
            given["revision"],
            manner=self.manner(given),
        )
        return self.now(approval_id)


class Escalate(Answer):
    """This is for someone above me."""

    @takes("approvals_escalate", AnswerInput, ApprovalDetailOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        """Hand the question up; from then on the leads decide."""
        given = self.given(AnswerInput)
        found = selectors.get_request(self.organization, approval_id)
        manner = self.manner(given)
        services.escalate(found, self.caller.membership, given["reason"], given["revision"], manner=manner)
        return self.now(approval_id)


urlpatterns = [
    path("approvals/<uuid:approval_id>/claim/", Claim.as_view()),
    path("approvals/<uuid:approval_id>/own-judgement/", OwnJudgement.as_view()),
    path("approvals/<uuid:approval_id>/approve/", Approve.as_view()),
    path("approvals/<uuid:approval_id>/reject/", Reject.as_view()),
    path("approvals/<uuid:approval_id>/undo/", Undo.as_view()),
    path("approvals/<uuid:approval_id>/edit/", Edit.as_view()),
    path("approvals/<uuid:approval_id>/return/", Return.as_view()),
    path("approvals/<uuid:approval_id>/abstain/", Abstain.as_view()),
    path("approvals/<uuid:approval_id>/request-info/", RequestInfo.as_view()),
    path("approvals/<uuid:approval_id>/answer/", GiveInfo.as_view()),
    path("approvals/<uuid:approval_id>/delegate/", Delegate.as_view()),
    path("approvals/<uuid:approval_id>/escalate/", Escalate.as_view()),
    path("approvals/<uuid:approval_id>/break-glass/", BreakGlass.as_view()),
]
