"""Break the glass: an admin approves alone, on record, and others look at it within a day."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import MemberRole, Membership
from coordination.accounts.sign_in import STRONGEST, is_strong_enough
from coordination.approvals.errors import GlassKept, ReasonRequired, SignInTooWeak, StaleRevision, VerdictUnknown
from coordination.approvals.models import ApprovalRequest, Band, State, Verdict
from coordination.approvals.question import UNTOLD, Manner, Question, Stage
from coordination.approvals.selectors.authority import has_abstained, is_requester, wrong_time
from coordination.approvals.selectors.queue import get_request
from coordination.approvals.services.ask import ask
from coordination.approvals.services.consume import consume
from coordination.approvals.services.decide import decide
from coordination.approvals.services.record import keep_decision, lock, record
from coordination.shared.clock import now
from coordination.shared.json import JsonObject

POST_REVIEW = "approval.review"
_REVIEWED_WITHIN = timedelta(days=14)


def break_glass(
    request: ApprovalRequest, membership: Membership, reason: str, revision: int, manner: Manner
) -> ApprovalRequest:
    """Approve a request although its chain has not agreed; a review of that is due within a day.

    It never counts as the chain's agreement. Raises GlassKept, SignInTooWeak, AlreadyDecided, StaleRevision.
    """
    if not reason.strip():
        raise ReasonRequired
    with transaction.atomic():
        locked = lock(request, membership)
        if MemberRole.ADMIN not in membership.roles or is_requester(locked, membership):
            raise GlassKept
        is_near = locked.edited_by_id == membership.user_id or membership.user.username in locked.owners
        if is_near or has_abstained(locked, membership):
            raise GlassKept
        if not is_strong_enough(manner.auth, STRONGEST):
            raise SignInTooWeak(needed=STRONGEST.label)
        if refusal := wrong_time(locked, membership):
            raise refusal
        if revision != locked.revision:
            raise StaleRevision(seen=revision, current=locked.revision)
        keep_decision(locked, membership, Verdict.BREAK_GLASS, reason.strip(), manner=manner)
        locked.state, locked.decided_at, locked.is_glass_broken = State.APPROVED, now(), True
        locked.claimed_by, locked.claimed_until = None, None
        locked.save()
        review = ask(membership.organization, _review_of(locked, membership, reason.strip()), Actor.of(membership))
        about = {"reason": reason.strip(), "auth": manner.auth, "chain": locked.chain, "review": str(review.pk)}
        record(locked, "ApprovalGlassBroken", Actor.of(membership), {**about, "digest_seen": locked.action_digest})
    return locked


def answer_post_review(
    membership: Membership,
    request_id: UUID,
    verdict: str,
    *,
    reason: str = "",
    revision: int,
    parameters: JsonObject | None = None,
    manner: Manner = UNTOLD,
) -> ApprovalRequest:
    """Say whether it was right to approve alone; nothing waits for the answer."""
    with transaction.atomic():
        request = get_request(membership.organization, request_id)
        if verdict == Verdict.RETURN:
            raise VerdictUnknown(verdict=verdict, known="approve, reject, abstain")
        request = decide(request, membership, verdict, reason, revision, parameters=parameters, manner=manner)
        if request.state == State.APPROVED:
            consume(request.pk, request.action_digest)
            request.refresh_from_db()
    return request


def _review_of(request: ApprovalRequest, membership: Membership, reason: str) -> Question:
    """Return the question whether that was right; nothing waits for its answer, but it stays on record."""
    who = membership.user.username
    return Question(
        subject=f"review:{request.pk}",
        title=f"{who} approved alone: {request.title}",
        intent=f"{who} approved this without those whom it was put to. The reason: {reason}",
        operation=POST_REVIEW,
        parameters={"request": str(request.pk), "digest": request.action_digest, "approved_by": who},
        resource=str(request.pk),
        agent=request.agent,
        agent_version=request.agent_version,
        requested_by_id=membership.user_id,
        risk_score=request.risk_score,
        # A low risk is due within a day.
        risk_band=Band.LOW,
        evidence=[{"title": "What was approved", "text": request.intent or request.title, "source": request.subject}],
        stage=Stage(role=MemberRole.REVIEWER.value),
        expires_in=_REVIEWED_WITHIN,
    )
