"""One question to people: what is wanted, on what grounds, why they are asked, what they may answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.sign_in import STRONGEST
from coordination.approvals.manifest import DEFAULT as DEFAULT_RULES
from coordination.approvals.manifest import Rules
from coordination.approvals.models import ApprovalMessage, ApprovalRequest, Verdict
from coordination.approvals.selectors import Shield, may_decide, progress_of
from coordination.approvals.services import POST_REVIEW
from coordination.engine.trust.tables import DEFAULT, Bands
from coordination.policies.models import PolicyDecision
from coordination.runs.conflicts import CONFLICT
from coordination.runs.models import Run
from coordination.shared.errors import FieldError
from coordination.web.contexts import approval_grounds as grounds_of
from coordination.web.contexts import policy_reasons, run_reasons
from coordination.web.contexts.approval_clock import ahead
from coordination.web.contexts.approval_form import Claim, DecisionForm, may_break_glass, may_inform
from coordination.web.contexts.approval_grounds import Evidence, Grounds, Past, StageRow, Value
from coordination.web.contexts.approval_said import history_of, thread_of
from coordination.web.contexts.parts import Reason
from coordination.web.contexts.policy_review import PolicyReview
from coordination.web.contexts.risk_picture import RiskPicture
from coordination.web.contexts.step_up import StepUp
from coordination.web.forms.approvals import NOTHING_TYPED, Typed


@dataclass(frozen=True, slots=True)
class Said:
    """What came of the answer that this member has just tried to give."""

    typed: Typed = NOTHING_TYPED
    errors: Sequence[FieldError] = ()
    problem: str = ""
    looks_again: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that a question is shown with, read for one page."""

    run: Run | None = None
    others: Sequence[Membership] = ()
    messages: Sequence[ApprovalMessage] = ()
    review: PolicyReview | None = None
    decision: PolicyDecision | None = None
    bands: Bands = DEFAULT.bands
    grounds: Grounds = field(default_factory=Grounds)
    # Whether what the agent and others think is kept from this member until they have said what they think.
    shield: Shield = field(default_factory=lambda: Shield(is_up=False))
    # How the queue keeps time.
    rules: Rules = DEFAULT_RULES
    # How this member is signed in.
    session: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pane:
    """One question."""

    request: ApprovalRequest
    link: str
    run: Run | None
    run_link: str
    values: list[Value]
    effect: str
    cases_link: str
    follows: list[tuple[str, str]]
    came_in: list[Value]
    evidence: list[Evidence]
    reasons: list[Reason]
    stages: list[StageRow]
    past: Past | None
    risk: RiskPicture | None
    history: list[Reason]
    thread: list[Reason]
    review: PolicyReview | None
    form: DecisionForm | None
    shield: Shield
    claim: Claim
    breaks_glass: bool
    glass_step_up: StepUp | None
    informs: bool
    refusal: str
    problem: str
    typed: Typed

    @classmethod
    def of(
        cls,
        request: ApprovalRequest,
        membership: Membership,
        known: Known,
        now: datetime,
        said: Said | None = None,
    ) -> "Pane":
        """Compute the question for one member."""
        said = said or Said()
        # Whoever may object may answer; approving has further conditions.
        refusal = may_decide(request, membership, Verdict.REJECT)
        form = None
        if refusal is None:
            typed, errors = said.typed, list(said.errors)
            form = DecisionForm.of(
                request,
                membership,
                known.others,
                typed,
                errors,
                now,
                looks_again=said.looks_again,
                session=known.session,
            )
        run, grounds, hides = known.run, known.grounds, known.shield.is_up
        return cls(
            request=request,
            link=reverse("approval", args=[request.id]),
            run=run,
            run_link=reverse("run", args=[run.id]) if run else "",
            values=grounds_of.values_of(request, grounds.revisions),
            effect=grounds_of.effect_of(request),
            cases_link=reverse("approval-cases", args=[request.id]) if request.operation == CONFLICT else "",
            follows=[*ahead(request, known.rules, now), *grounds_of.follows(request, now)] if request.is_open else [],
            came_in=[Value.of(name, value) for name, value in run.input.items()] if run else [],
            evidence=grounds_of.evidence_of(request, hides),
            reasons=_reasons(request, known),
            stages=grounds_of.stages_of(progress_of(request), hides),
            past=None if hides else grounds_of.past_of(grounds.similar, grounds.wrong),
            risk=_risk(known.decision.input, known) if known.decision else None,
            history=[] if hides else history_of(request),
            thread=[] if hides else thread_of(known.messages),
            review=known.review,
            form=form,
            shield=known.shield,
            claim=Claim.of(request, membership, form is not None, now),
            breaks_glass=may_break_glass(request, membership),
            glass_step_up=StepUp.of(known.session, STRONGEST, reverse("approval", args=[request.id])),
            informs=may_inform(request, membership),
            refusal=str(refusal) if refusal else "",
            problem=said.problem,
            typed=said.typed,
        )

    @property
    def typed_reason(self) -> str:
        """Return what was typed, where nothing can be answered any more."""
        return self.typed.reason


def _risk(facts: Mapping[str, Any], known: Known) -> RiskPicture | None:
    """Return the score with what raises it; how sure agents are is kept from whoever is to judge first."""
    parts = facts.get("risk.parts")
    if known.shield.is_up and isinstance(parts, dict):
        facts = {**facts, "risk.parts": {name: points for name, points in parts.items() if name != "confidence"}}
    return RiskPicture.of(facts, known.bands)


def _unruled(request: ApprovalRequest) -> str:
    if request.operation == POST_REVIEW:
        return "An admin approved alone what others were asked about; someone else looks at that within a day."
    if request.subject.startswith("policy:"):
        return "Changes of policies are looked at by someone else than their author."
    return "The workflow asks a person here."


def _reasons(request: ApprovalRequest, known: Known) -> list[Reason]:
    told = []
    if request.agent:
        stated = None if known.shield.is_up else request.confidence
        sure = grounds_of.sure_in_words(request.agent, stated, known.grounds.sure)
        version = f"version {request.agent_version}" if request.agent_version else ""
        told.append(Reason(head=request.agent, text=sure or "proposes this.", note=version))
    if request.risk_score is not None and known.decision is None:
        band = request.get_risk_band_display().lower()
        undoing = request.get_reversibility_display().lower()
        told.append(Reason(head=f"Risk {request.risk_score}", text=f"of 100, {band}", note=undoing))
    told += run_reasons.of_rules(request.reasons) or [Reason(text=_unruled(request), hit=True)]
    told += policy_reasons.beside(known.decision) if known.decision else []
    return told
