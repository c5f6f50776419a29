"""Before the answer: take it up, ask back, hand it on, hand it up."""

import dataclasses

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may, members
from coordination.approvals.chain import hand_to, open_stages, replace, set_open
from coordination.approvals.errors import DelegateUnfit, NobodyToAsk, NothingAsked, NotToAnswer, ReasonRequired
from coordination.approvals.manifest import Rules
from coordination.approvals.models import ApprovalRequest, State, Verdict
from coordination.approvals.question import UNTOLD, Manner, Stage
from coordination.approvals.selectors import has_abstained, is_requester, stage_for
from coordination.approvals.selectors.rules import is_fit, rules_of
from coordination.approvals.services.exercising import conclude
from coordination.approvals.services.record import keep_decision, keep_message, lock, lock_for, lock_in, record
from coordination.approvals.sla import CLAIM_LEASE, deadlines
from coordination.shared.clock import now
from coordination.shared.json import Json

_IN_CHARGE = (Right.RUN_CONTROL, Right.AGENT_EDIT)
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
        locked.save(update_fields=["state", "claimed_by", "claimed_until", "acknowledged_at"])
        record(locked, "ApprovalClaimed", Actor.of(membership), {"until": locked.claimed_until.isoformat()})
    return locked


def let_go(request: ApprovalRequest, membership: Membership) -> ApprovalRequest:
    """Give back a request that this member has taken up; nothing happens where they hold none."""
    with transaction.atomic():
        locked = lock(request, membership)
        if locked.state == State.CLAIMED and locked.claimed_by_id == membership.user_id:
            locked.state, locked.claimed_by, locked.claimed_until = State.PENDING, None, None
            locked.save(update_fields=["state", "claimed_by", "claimed_until", "acknowledged_at"])
            record(locked, "ApprovalLetGo", Actor.of(membership), {})
    return locked


def request_info(
    request: ApprovalRequest, membership: Membership, reason: str, revision: int, *, manner: Manner = UNTOLD
) -> ApprovalRequest:
    """Ask back before deciding; `reason` is the question, and it opens the thread."""
    if not reason.strip():
        raise ReasonRequired
    with transaction.atomic():
        locked = lock_for(request, membership, Verdict.REQUEST_INFO, revision, manner)
        locked.state = State.INFO_REQUESTED
        keep_message(locked, Actor.of(membership), reason.strip())
        _hand_over(locked, membership, Verdict.REQUEST_INFO, {"reason": reason}, manner)
    return locked


def give_info(request: ApprovalRequest, membership: Membership, text: str) -> ApprovalRequest:
    """Answer as a person what was asked back: whoever asked for the action, or who is in charge; raises NotToAnswer."""
    if not (is_requester(request, membership) or any(may(membership, right) for right in _IN_CHARGE)):
        raise NotToAnswer
    return answer_info(request, Actor.of(membership), text)


def say(request: ApprovalRequest, author: Actor, text: str) -> None:
    """Add a line to the thread of a request that changes nothing about it."""
    with transaction.atomic():
        locked = lock_in(request.organization_id, request.pk)
        keep_message(locked, author, text)
        record(locked, "ApprovalNoted", author, {"text": text})


def answer_info(request: ApprovalRequest, actor: Actor, text: str) -> ApprovalRequest:
    """Answer what was asked back; the request is decided again from here. Raises NothingAsked."""
    if not text.strip():
        raise ReasonRequired
    with transaction.atomic():
        locked = lock_in(request.organization_id, request.pk)
        if locked.state != State.INFO_REQUESTED:
            raise NothingAsked
        locked.state = State.PENDING
        locked.save(update_fields=["state"])
        keep_message(locked, actor, text.strip())
        record(locked, "ApprovalInfoGiven", actor, {"text": text.strip()})
    return locked


def delegate(
    request: ApprovalRequest,
    membership: Membership,
    to_username: str,
    reason: str,
    revision: int,
    *,
    manner: Manner = UNTOLD,
) -> ApprovalRequest:
    """Let another member decide too, who must hold the right and have no part in the request."""
    with transaction.atomic():
        locked = lock_for(request, membership, Verdict.DELEGATE, revision, manner)
        to = _delegate(locked, membership, to_username)
        hand_to(locked, _stage_no(locked, membership, manner), to.user_id)
        locked.state = State.PENDING
        _hand_over(locked, membership, Verdict.DELEGATE, {"reason": reason, "to": to_username}, manner)
    return locked


def escalate(
    request: ApprovalRequest,
    membership: Membership,
    reason: str,
    revision: int,
    *,
    to: Stage | None = None,
    manner: Manner = UNTOLD,
) -> ApprovalRequest:
    """Hand a request up to the next level, which decides from then on; as many must approve as before."""
    with transaction.atomic():
        locked = lock_for(request, membership, Verdict.ESCALATE, revision, manner)
        details: dict[str, Json] = {"reason": reason, "stage_before": locked.stage}
        rules = rules_of(locked.organization_id)
        raise_to(locked, to or _above(locked, rules), _stage_no(locked, membership, manner), rules)
        locked.escalation_level += 1
        locked.state = State.PENDING
        details |= {"stage": locked.stage, "level": locked.escalation_level}
        _hand_over(locked, membership, Verdict.ESCALATE, details, manner)
    return locked


def raise_to(request: ApprovalRequest, to: Stage, no: int, rules: Rules) -> None:
    """Put an open stage of a locked request to people higher up, with a new time to decide; raises NobodyToAsk."""
    opened = open_stages(request)
    before = next(one.stage for one in opened if one.no == no)
    n_required, min_auth = max(to.n_required, before.n_required), to.min_auth or before.min_auth
    replace(request, no, dataclasses.replace(to, n_required=n_required, min_auth=min_auth))
    if not any(is_fit(request, member) for member in members(request.organization)):
        set_open(request, opened)
        raise NobodyToAsk
    request.assigned_to = None
    due_at = deadlines(rules, rules.calendar(to.as_json(), request.risk_band), request.risk_band, now()).due_at
    request.due_at = min(due_at, request.expires_at)


def _above(request: ApprovalRequest, rules: Rules) -> Stage:
    """Return whom the organization's next level asks; above the highest there is none."""
    level = rules.levels[min(request.escalation_level, len(rules.levels) - 1)]
    return Stage(role=level.role, group=level.group)


def _stage_no(request: ApprovalRequest, membership: Membership, manner: Manner) -> int:
    found = stage_for(request, membership, manner.for_user_id)
    return found.no if found else request.stage_no


def _hand_over(
    request: ApprovalRequest, membership: Membership, verdict: Verdict, details: dict[str, Json], manner: Manner
) -> None:
    """Let go of a claim, save, and write down who handed the request over and why."""
    request.claimed_by, request.claimed_until = None, None
    request.save()
    kept = keep_decision(request, membership, verdict, str(details["reason"]), manner=manner)
    if kept.for_user is not None:
        details["for"] = kept.for_user.username
    record(request, _KINDS[verdict], Actor.of(membership), details)
    conclude(request, membership, verdict)


def _delegate(request: ApprovalRequest, membership: Membership, username: str) -> Membership:
    """Return the member of this name; raises DelegateUnfit unless they may decide the request."""
    to = members(membership.organization).filter(user__username=username).first()
    if to is None:
        raise DelegateUnfit(username=username, problem="there is no such member")
    if not may(to, Right.APPROVAL_DECIDE):
        raise DelegateUnfit(username=username, problem="their role does not decide approvals")
    if is_requester(request, to):
        raise DelegateUnfit(username=username, problem="they made this request")
    if has_abstained(request, to):
        raise DelegateUnfit(username=username, problem="they stepped back from it")
    return to
