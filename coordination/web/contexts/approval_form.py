"""What a member may do about a question: decide it, take it up, answer what was asked back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from coordination.accounts.models import MemberRole, Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.held import can_wait
from coordination.approvals.models import ApprovalRequest, Band, State, Verdict
from coordination.approvals.selectors import is_requester, may_decide, stage_for
from coordination.shared.errors import FieldError
from coordination.web.contexts.parts import Problem
from coordination.web.contexts.step_up import StepUp
from coordination.web.forms.approvals import Typed, fields_for, stamped
from coordination.web.forms.schema import Field

_HIGH = (Band.HIGH, Band.CRITICAL)
_IN_CHARGE = (Right.RUN_CONTROL, Right.AGENT_EDIT)


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """What this member may answer, with what they typed so far."""

    typed: Typed
    revision: int
    opened: str
    fields: list[Field]
    problems: list[Problem]
    why_not_approve: str
    must_reason: bool
    can_undo: bool
    looks_again: bool
    others: list[str]
    step_up: StepUp | None

    @classmethod
    def of(
        cls,
        request: ApprovalRequest,
        membership: Membership,
        others: Sequence[Membership],
        typed: Typed,
        errors: list[FieldError],
        now: datetime,
        *,
        looks_again: bool = False,
        session: Mapping[str, Any] | None = None,
    ) -> "DecisionForm":
        """Compute the form; `looks_again` asks for the same answer once more, `session` says how they are signed in."""
        fields = fields_for(request, typed, errors) if typed.is_editing else []
        placed = {field.error for field in fields}
        why_not = may_decide(request, membership)
        return cls(
            typed=typed,
            revision=request.revision,
            opened=typed.opened or stamped(request.pk),
            fields=fields,
            problems=[
                *(Problem(f"{field.title}: {field.error}", f"#{field.id}") for field in fields if field.error),
                *(Problem(error.message) for error in errors if error.message not in placed),
            ],
            why_not_approve=str(why_not) if why_not else "",
            must_reason=request.risk_band in _HIGH,
            can_undo=can_wait(request, Verdict.APPROVE, now),
            looks_again=looks_again,
            others=[
                other.user.username
                for other in others
                if other.user_id != membership.user_id and may(other, Right.APPROVAL_DECIDE)
            ],
            step_up=_step_up(request, membership, session) if session is not None and not why_not else None,
        )

    @property
    def may_approve(self) -> bool:
        """Tell whether Approve is offered: who edited a revision may not approve it."""
        return not self.why_not_approve

    @property
    def is_handing_on(self) -> bool:
        """Tell whether someone else was just named, who could not take it."""
        return self.typed.verdict == Verdict.DELEGATE


def _step_up(request: ApprovalRequest, membership: Membership, session: Mapping[str, Any]) -> StepUp | None:
    """Return the way to a stronger sign-in, where the stage asks for one."""
    found = stage_for(request, membership)
    return StepUp.of(session, found.stage.min_auth, reverse("approval", args=[request.pk])) if found else None


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works on a question at the moment."""

    by: str
    until: datetime | None
    is_mine: bool
    is_free: bool

    @classmethod
    def of(cls, request: ApprovalRequest, membership: Membership, may_answer: bool, now: datetime) -> "Claim":
        """Return who has taken it up, and whether this member may."""
        is_claimed = request.is_claimed(now) and request.is_open
        return cls(
            by=str(request.claimed_by) if is_claimed else "",
            until=request.claimed_until if is_claimed else None,
            is_mine=is_claimed and request.claimed_by_id == membership.user_id,
            is_free=may_answer and not is_claimed,
        )


def may_break_glass(request: ApprovalRequest, membership: Membership) -> bool:
    """Tell whether the member is offered to approve alone: an admin who has no part in the question."""
    is_near = is_requester(request, membership) or request.edited_by_id == membership.user_id
    is_owner = membership.user.username in request.owners
    return request.is_open and MemberRole.ADMIN in membership.roles and not is_near and not is_owner


def may_inform(request: ApprovalRequest, membership: Membership) -> bool:
    """Tell whether something was asked back that this member may answer."""
    if request.state != State.INFO_REQUESTED:
        return False
    return is_requester(request, membership) or any(may(membership, right) for right in _IN_CHARGE)
