"""People say what they think before they are advised, and are asked once more where they are in haste."""

from django.db import IntegrityError, transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership
from coordination.approvals.errors import (
    AlreadyDecided,
    AlreadyJudged,
    LookAgain,
    OwnRequest,
    StaleRevision,
    VerdictUnknown,
)
from coordination.approvals.models import ApprovalRequest, Hurry, Judgement, OwnJudgement
from coordination.approvals.question import Manner
from coordination.approvals.selectors.authority import is_requester
from coordination.approvals.selectors.judging import hurry_of, terms_of
from coordination.approvals.services.record import lock, note_down
from coordination.shared.clock import now
from coordination.shared.json import JsonObject


def judge_first(
    request: ApprovalRequest, membership: Membership, judgement: str, revision: int, note: str = ""
) -> OwnJudgement:
    """Keep what somebody thinks of a revision by themselves; from then on they see what others think of it.

    It is said once and never changed. Raises AlreadyJudged, AlreadyDecided, StaleRevision,
    OwnRequest, VerdictUnknown.
    """
    if judgement not in Judgement.values:
        raise VerdictUnknown(verdict=judgement, known=", ".join(Judgement.values))
    with transaction.atomic():
        locked = lock(request, membership)
        if not locked.is_open:
            raise AlreadyDecided(state=locked.get_state_display().lower())
        if revision != locked.revision:
            raise StaleRevision(seen=revision, current=locked.revision)
        if is_requester(locked, membership):
            raise OwnRequest
        said = _keep(locked, membership, judgement, note.strip())
        about: JsonObject = {"judgement": str(judgement), "note": note.strip()}
        note_down(locked, "OwnJudgementGiven", Actor.of(membership), about)
    return said


def _keep(request: ApprovalRequest, membership: Membership, judgement: str, note: str) -> OwnJudgement:
    said = OwnJudgement(
        request=request,
        revision=request.revision,
        user=membership.user,
        judgement=judgement,
        note=note[:500],
        created_at=now(),
    )
    try:
        with transaction.atomic():
            said.save(force_insert=True)
    except IntegrityError:
        raise AlreadyJudged from None
    return said


def slow_down(request: ApprovalRequest, membership: Membership, manner: Manner) -> None:
    """Ask somebody in haste to look again; raises LookAgain, unless they have confirmed that they mean it."""
    if manner.is_confirmed or manner.held:
        return
    hurry = hurry_of(request, membership, manner)
    if hurry == Hurry.GLANCE:
        seconds = round((manner.dwell_ms or 0) / 1000)
        raise LookAgain(why=f"This is of {request.risk_band} risk, and you looked at it for {seconds} s.")
    if hurry == Hurry.STREAK:
        terms = terms_of(membership.organization)
        many = f"{terms.quick_in_a_row} approvals in a row, each within {terms.quick_s:g} s"
        raise LookAgain(why=f"This would be {many}.")
