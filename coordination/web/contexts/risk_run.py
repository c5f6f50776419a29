"""How the actions of a run were scored, what came of each, and whether people think it was right."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.engine.trust.tables import Bands
from coordination.policies.models import PolicyDecision
from coordination.risk.models import Kind, Outcome, Why
from coordination.runs.models import Run
from coordination.web.contexts import status as statuses
from coordination.web.contexts.decided import about
from coordination.web.contexts.risk_picture import RiskPicture
from coordination.web.contexts.run_names import called
from coordination.web.contexts.run_place import Place
from coordination.web.contexts.status import Status

RIGHT = Status("right", "ok", "check", "Right")
WRONG = Status("wrong", "bad", "failed", "Wrong")


@dataclass(frozen=True, slots=True)
class Scored:
    """One action as it was scored."""

    title: str
    step: str
    link: str
    status: Status
    picture: RiskPicture
    at: datetime


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one answer or action."""

    title: str
    step: str
    who: str
    status: Status
    why: str
    marked: str
    may_mark: bool
    judge_link: str


@dataclass(frozen=True, slots=True)
class RunRiskPage:
    """The risk of a run."""

    run: Run
    here: str
    risk: Status | None
    scored: list[Scored]
    came: list[Came]
    may_mark: bool
    has_ended: bool
    problem: str

    @classmethod
    def of(
        cls,
        run: Run,
        decisions: Iterable[PolicyDecision],
        outcomes: Sequence[Outcome],
        bands: Bands,
        membership: Membership,
        problem: str = "",
    ) -> "RunRiskPage":
        """Compute the page for one member; of each step the last decision counts."""
        last: Mapping[str, PolicyDecision] = {one.step: one for one in decisions if "risk.parts" in one.input}
        newest = {one.step_key: one.pk for one in outcomes}
        return cls(
            run=run,
            here=reverse("run-risk", args=[run.pk]),
            risk=statuses.of_risk(run.risk, bands),
            scored=[scored for one in last.values() if (scored := _scored(run, one, bands)) is not None],
            came=[_came(one, is_newest=newest[one.step_key] == one.pk) for one in outcomes],
            may_mark=may(membership, Right.APPROVAL_DECIDE),
            has_ended=statuses.has_ended(run),
            problem=problem,
        )


def _scored(run: Run, decision: PolicyDecision, bands: Bands) -> Scored | None:
    picture = RiskPicture.of(decision.input, bands)
    if picture is None:
        return None
    return Scored(
        title=about(decision),
        step=called(run, decision.step),
        link=reverse("decision", args=[decision.pk]),
        status=statuses.of_verdict(decision.outcome),
        picture=picture,
        at=decision.created_at,
    )


def _came(outcome: Outcome, *, is_newest: bool) -> Came:
    found = Why(outcome.why).label if outcome.why else "nothing spoke against it"
    said = ""
    if outcome.marked_wrong is not None:
        verdict = "wrong" if outcome.marked_wrong else "right"
        said = f"{outcome.marked_by} marked it {verdict}"
        said += f": “{outcome.marked_reason}”" if outcome.marked_reason else ""
    is_act = outcome.kind == Kind.ACT
    what = outcome.what or outcome.get_kind_display()
    return Came(
        title=what if is_act else f"Answer: {what}",
        step=outcome.step_key,
        who=outcome.who.removeprefix("workflow:"),
        status=WRONG if outcome.is_wrong else RIGHT,
        why=found,
        marked=said,
        # Of answers people say so beside the answer itself.
        may_mark=is_newest and is_act,
        judge_link="" if is_act or not outcome.run_id else Place(outcome.run_id).on_step(outcome.step_key),
    )
