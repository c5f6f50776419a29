"""One question to people: what is wanted, on what grounds, why they are asked, what they may answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.models import (
    ApprovalDecision,
    ApprovalMessage,
    ApprovalRequest,
    Band,
    Reversibility,
    State,
    Verdict,
)
from coordination.approvals.selectors import asked_of, may_decide
from coordination.approvals.services import POST_REVIEW
from coordination.engine.trust.tables import DEFAULT, Bands
from coordination.policies.models import PolicyDecision
from coordination.runs.models import Run
from coordination.shared.errors import FieldError
from coordination.shared.json import Json
from coordination.web import words
from coordination.web.contexts import policy_reasons, run_reasons
from coordination.web.contexts.parts import Problem, Reason
from coordination.web.contexts.policy_review import PolicyReview
from coordination.web.contexts.risk_picture import RiskPicture
from coordination.web.forms.approvals import Typed, fields_for
from coordination.web.forms.schema import Field

LONG_TEXT = 80
UNDOING = {
    Reversibility.REVERSIBLE: "It can be taken back.",
    Reversibility.COMPENSABLE: "It cannot be undone, only made good afterwards.",
    Reversibility.IRREVERSIBLE: "It cannot be taken back.",
}
SAID = {
    Verdict.APPROVE: ("approved", "ok"),
    Verdict.REJECT: ("rejected", "bad"),
    Verdict.EDIT: ("edited", "human"),
    Verdict.REQUEST_INFO: ("asked back", "human"),
    Verdict.DELEGATE: ("handed it to someone else as well", "human"),
    Verdict.ESCALATE: ("handed it up", "human"),
    Verdict.RETURN: ("sent it back to be planned again", "human"),
    Verdict.ABSTAIN: ("left it to others", "human"),
    Verdict.BREAK_GLASS: ("approved it alone", "bad"),
}


@dataclass(frozen=True, slots=True)
class Value:
    """One named value, readable; a long text gets a paragraph of its own."""

    name: str
    value: Json
    is_text: bool
    is_long: bool

    @classmethod
    def of(cls, name: str, value: Json) -> "Value":
        """Return how a value is shown."""
        is_text = isinstance(value, str)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return cls(name, words.number(value), is_text=True, is_long=False)
        return cls(name, value, is_text, is_text and (len(str(value)) > LONG_TEXT or "\n" in str(value)))


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """What this member may answer, with what they typed so far."""

    typed: Typed
    revision: int
    fields: list[Field]
    problems: list[Problem]
    why_not_approve: str
    must_reason: bool
    others: list[str]

    @property
    def may_approve(self) -> bool:
        """Tell whether Approve is offered: who edited a revision may not approve it."""
        return not self.why_not_approve

    @property
    def is_handing_on(self) -> bool:
        """Tell whether someone else was just named, who could not take it."""
        return self.typed.verdict == Verdict.DELEGATE


@dataclass(frozen=True, slots=True)
class Pane:
    """One question."""

    request: ApprovalRequest
    link: str
    run: Run | None
    run_link: str
    values: list[Value]
    effect: str
    came_in: list[Value]
    evidence: list[Mapping[str, Any]]
    reasons: list[Reason]
    risk: RiskPicture | None
    history: list[Reason]
    thread: list[Reason]
    review: PolicyReview | None
    form: DecisionForm | None
    refusal: str
    problem: str
    typed_reason: str

    @classmethod
    def of(
        cls,
        request: ApprovalRequest,
        run: Run | None,
        membership: Membership,
        others: Sequence[Membership],
        *,
        typed: Typed,
        errors: Sequence[FieldError] = (),
        problem: str = "",
        review: PolicyReview | None = None,
        decision: PolicyDecision | None = None,
        bands: Bands = DEFAULT.bands,
        now: datetime,
    ) -> "Pane":
        """Compute the question for one member; `problem` says why their answer was not taken.

        `review` is the change of a policy that it is about, `decision` the one that led to it.
        """
        # Whoever may object may answer; approving has further conditions.
        refusal = may_decide(request, membership, Verdict.REJECT)
        form = _form(request, membership, others, typed, list(errors)) if refusal is None else None
        return cls(
            request=request,
            link=reverse("approval", args=[request.id]),
            run=run,
            run_link=reverse("run", args=[run.id]) if run else "",
            values=[Value.of(name, value) for name, value in request.parameters.items()],
            effect=_effect(request),
            came_in=[Value.of(name, value) for name, value in run.input.items()] if run else [],
            evidence=request.evidence,
            reasons=_reasons(request, decision, now),
            risk=RiskPicture.of(decision.input, bands) if decision else None,
            history=[_said(decision) for decision in request.decisions.all()],
            thread=[_line(message) for message in request.messages.all()],
            review=review,
            form=form,
            refusal=str(refusal) if refusal else "",
            problem=problem,
            typed_reason=typed.reason,
        )


def _form(
    request: ApprovalRequest,
    membership: Membership,
    others: Sequence[Membership],
    typed: Typed,
    errors: list[FieldError],
) -> DecisionForm:
    fields = fields_for(request, typed, errors) if typed.is_editing else []
    placed = {field.error for field in fields}
    why_not = may_decide(request, membership)
    return DecisionForm(
        typed=typed,
        revision=request.revision,
        fields=fields,
        problems=[
            *(Problem(f"{field.title}: {field.error}", f"#{field.id}") for field in fields if field.error),
            *(Problem(error.message) for error in errors if error.message not in placed),
        ],
        why_not_approve=str(why_not) if why_not else "",
        must_reason=request.risk_band in (Band.HIGH, Band.CRITICAL),
        others=[
            other.user.username
            for other in others
            if other.user_id != membership.user_id and may(other, Right.APPROVAL_DECIDE)
        ],
    )


def _unruled(request: ApprovalRequest) -> str:
    if request.operation == POST_REVIEW:
        return "An admin approved alone what others were asked about; someone else looks at that within a day."
    if request.subject.startswith("policy:"):
        return "Changes of policies are looked at by someone else than their author."
    return "The workflow asks a person here."


def _effect(request: ApprovalRequest) -> str:
    if request.subject.startswith("policy:") or request.operation == POST_REVIEW:
        return request.intent
    if request.operation == "approval":
        return "The run goes on when this is approved, and stops when it is not."
    once = f"{request.operation} is called once, with exactly these values."
    return f"{once} {UNDOING[Reversibility(request.reversibility)]}"


def _reasons(request: ApprovalRequest, decision: PolicyDecision | None, now: datetime) -> list[Reason]:
    told = []
    if request.agent:
        sure = f"is {request.confidence:.2f} sure of this." if request.confidence is not None else "proposes this."
        version = f"version {request.agent_version}" if request.agent_version else ""
        told.append(Reason(head=request.agent, text=sure, note=version))
    if request.risk_score is not None:
        band = request.get_risk_band_display().lower()
        undoing = request.get_reversibility_display().lower()
        told.append(Reason(head=f"Risk {request.risk_score}", text=f"of 100, {band}", note=undoing))
    told += run_reasons.of_rules(request.reasons) or [Reason(text=_unruled(request), hit=True)]
    told += policy_reasons.beside(decision) if decision else []
    told.append(Reason(text=f"Asked of {asked_of(request)}; {len(request.votes)} of {request.needed} approved."))
    if request.is_open:
        passed = words.when(request.expires_at, now)
        told.append(Reason(text=f"If nobody decides, it counts as refused {passed}.", quiet=True))
    return told


def _said(decision: ApprovalDecision) -> Reason:
    said, tone = SAID[Verdict(decision.verdict)]
    return Reason(
        head=decision.actor.username,
        text=said,
        note=f"“{decision.reason}”" if decision.reason else "",
        hit=decision.verdict in (Verdict.APPROVE, Verdict.REJECT),
        tone=tone,
    )


def _line(message: ApprovalMessage) -> Reason:
    kind, _, name = message.author.partition(":")
    return Reason(head=name, text=message.text, tone="human" if kind == "user" else "idle")


def has_changed(request: ApprovalRequest, seen: str) -> str:
    """Return what changed since someone opened the question on that revision, "" while nothing did."""
    if not request.is_open:
        return f"This was settled meanwhile: {State(request.state).label.lower()}."
    return "This was edited meanwhile." if seen != str(request.revision) else ""
