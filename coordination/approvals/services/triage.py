"""Before the answer: take it up, ask back, hand it on, hand it up."""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may, members
from coordination.approvals.errors import DelegateUnfit, NobodyToAsk, ReasonRequired
from coordination.approvals.models import ApprovalRequest, State, Verdict
from coordination.approvals.question import LEAD, Stage
from coordination.approvals.selectors import is_asked, is_requester
from coordination.approvals.services.record import keep_decision, lock_for, record
from coordination.approvals.sla import CLAIM_LEASE, SLA
from coordination.shared.clock import now
from coordination.shared.json import Json

_KINDS = {
    Verdict.REQUEST_INFO: "ApprovalInfoRequested",
    Verdict.DELEGATE: "ApprovalDelegated",
    Verdict.ESCALATE: "ApprovalEscalated",
}


def claim(request: ApprovalRequest, membership: Membership) -> ApprovalRequest:
    """Take a request up for ten minutes, or longer by claiming again; meanwhile nobody else decides it."""
    with transaction.atomic():
        locked = lock_for(request, membership, Verdict.APPROVE, None)
        locked.state = State.CLAIMED
        locked.claimed_by, locked.claimed_until = membership.user, now() + CLAIM_LEASE
        locked.save(update_fields=["state", "claimed_by", "claimed_until"])
        record(locked, "ApprovalClaimed", Actor.of(membership), {"until": locked.claimed_until.isoformat()})
    return locked


def request_info(request: ApprovalRequest, membership: Membership, reason: str, revision: int) -> ApprovalRequest:
    """Ask back before deciding; `reason` is the question."""
    if not reason.strip():
        raise ReasonRequired
    with transaction.atomic():
        locked = lock_for(request, membership, Verdict.REQUEST_INFO, revision)
        locked.state = State.INFO_REQUESTED
        _hand_over(locked, membership, Verdict.REQUEST_INFO, {"reason": reason})
    return locked


def delegate(
    request: ApprovalRequest, membership: Membership, to_username: str, reason: str, revision: int
) -> ApprovalRequest:
    """Let another member decide too, who must hold the right and have no part in the request."""
    with transaction.atomic():
        locked = lock_for(request, membership, Verdict.DELEGATE, revision)
        to = _delegate(locked, membership, to_username)
        locked.delegates = sorted({*locked.delegates, to.user_id})
        locked.state = State.PENDING
        _hand_over(locked, membership, Verdict.DELEGATE, {"reason": reason, "to": to_username})
    return locked


def escalate(
    request: ApprovalRequest, membership: Membership, reason: str, revision: int, *, to: Stage = LEAD
) -> ApprovalRequest:
    """Hand a request up to another stage, which decides from then on; as many must approve as before."""
    with transaction.atomic():
        locked = lock_for(request, membership, Verdict.ESCALATE, revision)
        details: dict[str, Json] = {"reason": reason, "stage_before": locked.stage}
        locked.stage = to.as_json() | {"n_required": max(to.n_required, locked.needed)}
        locked.delegates = []
        if not any(_fits(locked, member) for member in members(membership.organization)):
            raise NobodyToAsk
        locked.escalation_level += 1
        locked.due_at = min(now() + SLA[locked.risk_band].decide, locked.expires_at)
        locked.state = State.PENDING
        details |= {"stage": locked.stage, "level": locked.escalation_level}
        _hand_over(locked, membership, Verdict.ESCALATE, details)
    return locked


def _hand_over(request: ApprovalRequest, membership: Membership, verdict: Verdict, details: dict[str, Json]) -> None:
    """Let go of a claim, save, and write down who handed the request over and why."""
    request.claimed_by, request.claimed_until = None, None
    request.save()
    keep_decision(request, membership, verdict, str(details["reason"]))
    record(request, _KINDS[verdict], Actor.of(membership), details)


def _delegate(request: ApprovalRequest, membership: Membership, username: str) -> Membership:
    """Return the member of this name; raises DelegateUnfit unless they may decide the request."""
    to = members(membership.organization).filter(user__username=username).first()
    if to is None:
        raise DelegateUnfit(username=username, problem="there is no such member")
    if not may(to, Right.APPROVAL_DECIDE):
        raise DelegateUnfit(username=username, problem="their role does not decide approvals")
    if is_requester(request, to):
        raise DelegateUnfit(username=username, problem="they made this request")
    return to


def _fits(request: ApprovalRequest, member: Membership) -> bool:
    fit = may(member, Right.APPROVAL_DECIDE) and is_asked(request, member)
    return fit and not is_requester(request, member)
