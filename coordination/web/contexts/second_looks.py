"""Second looks: the list, and one thing that is judged again without knowing how it was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.approvals.models import SecondLook, Verdict
from coordination.approvals.selectors import cases_of, may_look, may_see_reviewers, sees_cases
from coordination.insights.selectors import LookedAt
from coordination.web.contexts import run_reasons
from coordination.web.contexts.approval_grounds import Value
from coordination.web.contexts.approval_tabs import LOOKS, tabs
from coordination.web.contexts.parts import Choice, Pager, Reason
from coordination.web.contexts.status import Status

MINE = "mine"
DONE = "done"
_STATES = {
    SecondLook.State.OPEN: Status("open", "wait", "waiting", "Waits for a second look"),
    SecondLook.State.SPLIT: Status("split", "human", "person", "Two people differ"),
    SecondLook.State.AGREED: Status("agreed", "ok", "done", "Both say the same"),
    SecondLook.State.SETTLED: Status("settled", "ok", "done", "Settled by a third"),
    SecondLook.State.LAPSED: Status("lapsed", "idle", "idle", "Nobody looked in time"),
}
_SAID = {Verdict.APPROVE: ("would let it happen", "ok"), Verdict.REJECT: ("would refuse it", "bad")}


@dataclass(frozen=True, slots=True)
class LookRow:
    """One second look in the list."""

    look: SecondLook
    title: str
    link: str
    status: Status

    @classmethod
    def of(cls, look: SecondLook) -> "LookRow":
        """Compute the row."""
        title = look.request.title if look.request else f"{look.operation} of {look.agent or 'a workflow'}"
        return cls(look, title, reverse("second-look", args=[look.pk]), _STATES[SecondLook.State(look.state)])


@dataclass(frozen=True, slots=True)
class LooksPage:
    """What waits for a second look, or what came of those before."""

    tabs: list[Choice]
    choices: list[Choice]
    rows: list[LookRow]
    pager: Pager
    is_mine: bool
    here: str

    @classmethod
    def of(
        cls, rows: Sequence[SecondLook], pager: Pager, membership: Membership, *, show: str, here: str
    ) -> "LooksPage":
        """Compute the page."""
        title = "All" if may_see_reviewers(membership) else "Yours so far"
        return cls(
            tabs=tabs(LOOKS),
            choices=[
                Choice("For you", f"?show={MINE}", show == MINE),
                Choice(title, f"?show={DONE}", show == DONE),
            ],
            rows=[LookRow.of(look) for look in rows],
            pager=pager,
            is_mine=show == MINE,
            here=here,
        )


@dataclass(frozen=True, slots=True)
class LookPage:
    """One thing to look at once more."""

    tabs: list[Choice]
    look: SecondLook
    status: Status
    seen: LookedAt
    values: list[Value]
    reasons: list[Reason]
    cases: list[Reason]
    may_look: bool
    refusal: str
    is_settling: bool
    problem: str
    typed_reason: str

    @classmethod
    def of(
        cls, look: SecondLook, seen: LookedAt, membership: Membership, typed: Mapping[str, str], problem: str = ""
    ) -> "LookPage":
        """Compute the page for one member; who said what is told to whoever may know it."""
        refusal = may_look(look, membership)
        return cls(
            tabs=tabs(LOOKS),
            look=look,
            status=_STATES[SecondLook.State(look.state)],
            seen=seen,
            values=[Value.of(name, value) for name, value in seen.parameters.items()],
            reasons=run_reasons.of_rules([dict(one) for one in seen.reasons]),
            cases=[_case(one) for one in cases_of(look)] if sees_cases(look, membership) else [],
            may_look=refusal is None,
            refusal=str(refusal) if refusal else "",
            is_settling=look.state == SecondLook.State.SPLIT,
            problem=problem,
            typed_reason=typed.get("reason", ""),
        )


def _case(said: Mapping[str, str]) -> Reason:
    text, tone = _SAID[Verdict(said["verdict"])]
    return Reason(text, head=said["by"], note=f"“{said['reason']}”" if said["reason"] else "", hit=True, tone=tone)
