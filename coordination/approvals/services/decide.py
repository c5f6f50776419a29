"""A person answers: yes, no, yes but differently, think again, or not me."""

from collections.abc import Sequence

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership
from coordination.approvals.chain import open_stages, replace, satisfy, start
from coordination.approvals.errors import EditRefused, ReasonRequired, VerdictUnknown
from coordination.approvals.models import ApprovalDecision, ApprovalRequest, Band, State, Verdict
from coordination.approvals.question import UNTOLD, Manner, Regarded, Stage
from coordination.approvals.services.exercising import conclude
from coordination.approvals.services.judging import slow_down
from coordination.approvals.services.record import keep_decision, keep_revision, lock_for, record
from coordination.engine.proof.canonical import NotCanonical
from coordination.shared.clock import now
from coordination.shared.json import Json, JsonObject

_ANSWERS = (Verdict.APPROVE, Verdict.REJECT, Verdict.EDIT, Verdict.RETURN, Verdict.ABSTAIN)
_REASON_ALWAYS = (Verdict.REJECT, Verdict.EDIT, Verdict.RETURN)
_REASON_TO_APPROVE = (Band.HIGH, Band.CRITICAL)


def decide(
    request: ApprovalRequest,
    membership: Membership,
    verdict: str,
    reason: str,
    revision: int,
    *,
    parameters: JsonObject | None = None,
    intent: str = "",
    regarded: Regarded | None = None,
    manner: Manner = UNTOLD,
) -> ApprovalRequest:
    """Take a member's verdict on the revision they saw; raises a Refusal, StaleRevision or Invalid.

    1. approve counts one vote a person; a stage is satisfied once as many as it requires agree, and the next opens.
    2. reject closes the request once as many object as the stage says: one, unless it says otherwise.
    3. edit makes a new revision with a new digest and voids the votes; someone else must approve it, from the first
       stage on. `intent` says in one sentence what the edited action would do, `regarded` what policy says of it.
    4. return closes the request: whoever proposed the action is to think again, with the reason in mind.
    5. abstain takes the member out of it: they are not asked again.
    """
    if verdict not in _ANSWERS:
        raise VerdictUnknown(verdict=verdict, known=", ".join(_ANSWERS))
    said, reason = Verdict(verdict), reason.strip()
    with transaction.atomic():
        locked = lock_for(request, membership, said, revision, manner)
        check(locked, membership, said, reason, manner)
        kept = keep_decision(locked, membership, said, reason, parameters if said == Verdict.EDIT else None, manner)
        about: dict[str, Json] = {
            "digest_seen": locked.action_digest,
            "revision_seen": locked.revision,
            "verdict": str(said),
            "reason": reason,
            "stage": kept.stage,
            "stage_no": kept.stage_no,
            "auth": manner.auth,
        }
        if kept.for_user_id is not None:
            about["for"] = kept.for_user.username if kept.for_user else ""
        if said == Verdict.EDIT:
            about |= _edit(locked, membership, parameters, intent, regarded)
        else:
            about |= _move(said, locked, kept)
        locked.claimed_by, locked.claimed_until = None, None
        locked.held, locked.held_until = None, None
        locked.save()
        record(locked, "ApprovalDecided", Actor.of(membership), about)
        conclude(locked, membership, said)
    return locked


def check(locked: ApprovalRequest, membership: Membership, verdict: Verdict, reason: str, manner: Manner) -> None:
    """Refuse an answer that lacks what this request asks of it; raises ReasonRequired, LookAgain."""
    if not reason and _needs_reason(locked, verdict):
        raise ReasonRequired
    if verdict == Verdict.APPROVE:
        slow_down(locked, membership, manner)


def _needs_reason(request: ApprovalRequest, verdict: Verdict) -> bool:
    if verdict == Verdict.APPROVE:
        return request.risk_band in _REASON_TO_APPROVE
    return verdict in _REASON_ALWAYS


def _move(verdict: Verdict, request: ApprovalRequest, kept: ApprovalDecision) -> dict[str, Json]:
    """Move the request as the verdict says, and return what the audit log should know about it."""
    if not kept.is_counted and verdict in (Verdict.APPROVE, Verdict.REJECT):
        return {"counted": False}
    if verdict == Verdict.APPROVE:
        return _approve(request, kept)
    if verdict == Verdict.REJECT:
        return _reject(request, kept)
    if verdict == Verdict.RETURN:
        request.state, request.decided_at = State.RETURNED, now()
    else:
        request.state = State.PENDING
    return {}


def _approve(request: ApprovalRequest, kept: ApprovalDecision) -> dict[str, Json]:
    votes = sum(1 for vote in request.standing_votes() if vote.stage_no == kept.stage_no)
    needed = int(kept.stage["n_required"])
    if votes >= needed and satisfy(request, kept.stage_no):
        request.state, request.decided_at = State.APPROVED, now()
    else:
        request.state = State.PENDING
    return {"votes": votes, "needed": needed, "open_stages": [one.no for one in open_stages(request)]}


def _reject(request: ApprovalRequest, kept: ApprovalDecision) -> dict[str, Json]:
    against = sum(
        1
        for one in request.decisions.all()
        if (one.revision, one.stage_no) == (kept.revision, kept.stage_no)
        and one.verdict == Verdict.REJECT
        and one.is_counted
    )
    enough = int(kept.stage.get("deny_threshold", 1))
    if against >= enough:
        request.state, request.decided_at = State.REJECTED, now()
    else:
        request.state = State.PENDING
    return {"against": against, "enough": enough}


def _edit(
    request: ApprovalRequest,
    membership: Membership,
    parameters: JsonObject | None,
    intent: str,
    regarded: Regarded | None,
) -> dict[str, Json]:
    if not isinstance(parameters, dict):
        raise EditRefused
    try:
        digest = request.digest_for(parameters)
    except NotCanonical:
        raise EditRefused from None
    if digest == request.action_digest:
        raise EditRefused
    before = request.parameters
    request.parameters, request.action_digest = parameters, digest
    request.revision += 1
    if intent:
        request.title, request.intent = intent[:300], intent
    request.edited_by = membership.user
    request.state = State.PENDING
    details: dict[str, Json] = {"parameters_before": before, "parameters": parameters}
    if regarded is not None:
        details |= _regard(request, regarded)
    # What was satisfied was another action: the chain begins again.
    _start_again(request, regarded.stages if regarded else [Stage.of(kept) for kept in request.chain])
    keep_revision(request)
    return details | {"chain": request.chain}


def _regard(request: ApprovalRequest, regarded: Regarded) -> dict[str, Json]:
    """Keep what policy says of an edited action."""
    request.reasons = list(regarded.reasons)
    request.policy_decision_id = regarded.policy_decision_id
    request.risk_score, request.risk_band = regarded.risk_score, regarded.risk_band
    return {
        "policy_decision": str(regarded.policy_decision_id or ""),
        "reasons": request.reasons,
        "risk_score": request.risk_score,
        "risk_band": str(request.risk_band),
    }


def _start_again(request: ApprovalRequest, stages: Sequence[Stage]) -> None:
    """Open the first stage; what was handed up stays with those above."""
    raised = Stage.of(request.stage) if request.escalation_level > 0 and request.stage_no == 0 else None
    start(request, stages)
    if raised is None:
        request.escalation_level = 0
    else:
        replace(request, 0, raised)
