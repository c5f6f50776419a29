"""Hold an answer for a few seconds before it counts: for those seconds, whoever gave it may take it back.

The answer itself is a row: a closed browser changes nothing about it, a lost worker only delays it.
"""

from dataclasses import asdict, replace

from django.db import transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Membership
from coordination.approvals.errors import NotYours, TakenBackTooLate
from coordination.approvals.held import UNDO, HeldAnswer
from coordination.approvals.models import ApprovalRequest, Verdict
from coordination.approvals.question import UNTOLD, Manner
from coordination.approvals.services.decide import check
from coordination.approvals.services.record import keep_message, lock, lock_for, lock_in, record
from coordination.shared.clock import now
from coordination.shared.ids import new_id
from coordination.shared.json import JsonObject


def hold(
    request: ApprovalRequest,
    membership: Membership,
    verdict: str,
    reason: str,
    revision: int,
    *,
    manner: Manner = UNTOLD,
    batch: str = "",
) -> ApprovalRequest:
    """Take an answer that counts in five seconds, unless it is taken back; refused as `decide` would refuse it."""
    said, reason = Verdict(verdict), reason.strip()
    with transaction.atomic():
        locked = lock_for(request, membership, said, revision, manner)
        check(locked, membership, said, reason, manner)
        answer = HeldAnswer(
            id=str(new_id()),
            user_id=membership.user_id,
            username=membership.user.username,
            verdict=said,
            reason=reason,
            revision=revision,
            manner=asdict(replace(manner, evidence_opened=list(manner.evidence_opened))),
            batch=batch,
        )
        locked.held, locked.held_until = answer.as_json(), now() + UNDO
        locked.save(update_fields=["held", "held_until"])
        about = {"answer": answer.id, "verdict": str(said), "reason": reason, "until": locked.held_until.isoformat()}
        record(locked, "ApprovalAnswerHeld", Actor.of(membership), {**about, "batch": batch} if batch else about)
    return locked


def take_back(request: ApprovalRequest, membership: Membership) -> ApprovalRequest:
    """Undo an answer that is still held; raises TakenBackTooLate, NotYours."""
    with transaction.atomic():
        locked = lock(request, membership)
        held = HeldAnswer.of(locked)
        if held is None or not locked.is_open:
            raise TakenBackTooLate
        if held.user_id != membership.user_id:
            raise NotYours(username=held.username)
        _release(locked)
        record(locked, "ApprovalAnswerTakenBack", Actor.of(membership), {"answer": held.id, "verdict": held.verdict})
    return locked


def drop_held(request: ApprovalRequest, answer: HeldAnswer, why: str) -> None:
    """Let go of an answer that cannot be carried out any more, and say so in the thread; others may answer again."""
    with transaction.atomic():
        locked = lock_in(request.organization_id, request.pk)
        held = HeldAnswer.of(locked)
        if held is None or held.id != answer.id or not locked.is_open:
            return
        _release(locked)
        keep_message(locked, SYSTEM, f"The answer of {held.username} could not be carried out: {why}")
        record(locked, "ApprovalAnswerDropped", SYSTEM, {"answer": held.id, "verdict": held.verdict, "why": why})


def note_refusal(request: ApprovalRequest, membership: Membership, verdict: str, revision: int, code: str) -> None:
    """Write down that somebody's answer was not taken, and why: too late, or not theirs to give."""
    about: JsonObject = {"verdict": verdict, "revision_seen": revision, "code": code}
    with transaction.atomic():
        record(request, "ApprovalAnswerRefused", Actor.of(membership), about)


def _release(locked: ApprovalRequest) -> None:
    locked.held, locked.held_until = None, None
    locked.save(update_fields=["held", "held_until"])
