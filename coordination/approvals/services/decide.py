"""A person answers: yes, no, or yes but differently."""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership
from coordination.approvals.errors import EditRefused, ReasonRequired, VerdictUnknown
from coordination.approvals.models import ApprovalRequest, Band, State, Verdict
from coordination.approvals.services.record import keep_decision, lock_for, record
from coordination.engine.proof.canonical import NotCanonical
from coordination.shared.clock import now
from coordination.shared.json import Json, JsonObject

_ANSWERS = (Verdict.APPROVE, Verdict.REJECT, Verdict.EDIT)
_REASON_ALWAYS = (Verdict.REJECT, Verdict.EDIT)
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
) -> ApprovalRequest:
    """Take a member's verdict on the revision they saw; raises a Refusal, StaleRevision or Invalid.

    1. approve counts one vote a person; the request is approved once as many as the stage requires agree.
    2. reject closes the request: one objection is enough.
    3. edit makes a new revision with a new digest and voids the votes; someone else must approve it. `intent` then
       says in one sentence what the edited action would do.
    """
    if verdict not in _ANSWERS:
        raise VerdictUnknown(verdict=verdict, known=", ".join(_ANSWERS))
    said, reason = Verdict(verdict), reason.strip()
    with transaction.atomic():
        locked = lock_for(request, membership, said, revision)
        if not reason and _needs_reason(locked, said):
            raise ReasonRequired
        keep_decision(locked, membership, said, reason, parameters if said == Verdict.EDIT else None)
        seen: dict[str, Json] = {"digest_seen": locked.action_digest, "revision_seen": locked.revision}
        details = _apply(said, locked, membership, parameters, intent)
        locked.claimed_by, locked.claimed_until = None, None
        locked.save()
        about = seen | {"verdict": str(said), "reason": reason, "stage": locked.stage} | details
        record(locked, "ApprovalDecided", Actor.of(membership), about)
    return locked


def _needs_reason(request: ApprovalRequest, verdict: Verdict) -> bool:
    return verdict in _REASON_ALWAYS or request.risk_band in _REASON_TO_APPROVE


def _apply(
    verdict: Verdict, request: ApprovalRequest, membership: Membership, parameters: JsonObject | None, intent: str
) -> dict[str, Json]:
    """Move the request as the verdict says, and return what the audit log should know about it."""
    if verdict == Verdict.APPROVE:
        return _approve(request)
    if verdict == Verdict.REJECT:
        return _reject(request)
    return _edit(request, membership, parameters, intent)


def _approve(request: ApprovalRequest) -> dict[str, Json]:
    votes = len(request.voters)
    if votes >= request.needed:
        request.state, request.decided_at = State.APPROVED, now()
    else:
        request.state = State.PENDING
    return {"votes": votes, "needed": request.needed}


def _reject(request: ApprovalRequest) -> dict[str, Json]:
    request.state, request.decided_at = State.REJECTED, now()
    return {}


def _edit(
    request: ApprovalRequest, membership: Membership, parameters: JsonObject | None, intent: str
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
    return {"parameters_before": before, "parameters": parameters}
