"""A person answers: at once, or so that they can take it back for some seconds."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from coordination.accounts.models import Membership
from coordination.accounts.selectors import members
from coordination.approvals import services as approvals
from coordination.approvals.errors import LookAgain
from coordination.approvals.held import TAKEN_WITHIN, HeldAnswer, can_wait
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.question import UNTOLD, Manner
from coordination.approvals.selectors import get_request, held_due
from coordination.policies.services import answer_review
from coordination.runs.services.answering import answer_approval
from coordination.shared.clock import now
from coordination.shared.errors import Conflict, Forbidden, Invalid, NotFound
from coordination.shared.json import JsonObject

logger = logging.getLogger(__name__)

_AT_A_TIME = 200
# Who carries on once people have answered: by the kind of thing that a question is about.
_ANSWERS: dict[str, Callable[..., ApprovalRequest]] = {
    "run": answer_approval,
    "guard": answer_approval,
    "policy": answer_review,
    "review": approvals.answer_post_review,
}


def answer(
    membership: Membership,
    request_id: UUID,
    verdict: str,
    *,
    reason: str = "",
    revision: int,
    parameters: JsonObject | None = None,
    manner: Manner = UNTOLD,
    undoable: bool = False,
    batch: str = "",
) -> ApprovalRequest:
    """Give a verdict, and let what waited for it go on in the same transaction.

    An `undoable` one counts some seconds later, unless what is at stake does not allow to wait. One that is refused
    because of who gives it or when is on record too.
    """
    request = get_request(membership.organization, request_id)
    said: dict[str, Any] = {"reason": reason, "revision": revision, "manner": manner}
    try:
        if undoable and can_wait(request, verdict, now()):
            return approvals.hold(request, membership, verdict, **said, batch=batch)
        kind, _, _ = request.subject.partition(":")
        return _ANSWERS[kind](membership, request_id, verdict, **said, parameters=parameters)
    except (Conflict, Forbidden) as refused:
        if not isinstance(refused, LookAgain):
            approvals.note_refusal(request, membership, verdict, revision, refused.code)
        raise


def take_held() -> int:
    """Carry out the answers whose time to be taken back is over; return how many."""
    due = list(held_due(now())[:_AT_A_TIME])
    for request in due:
        held = HeldAnswer.of(request)
        if held is not None:
            _carry_out(request, held)
    return len(due)


def _carry_out(request: ApprovalRequest, held: HeldAnswer) -> None:
    membership = members(request.organization).filter(user=held.user_id, user__is_active=True).first()
    if membership is None:
        approvals.drop_held(request, held, f"{held.username} is no member any more.")
        return
    said: dict[str, Any] = {"reason": held.reason, "revision": held.revision, "manner": held.given()}
    try:
        answer(membership, request.pk, held.verdict, **said)
    except (Conflict, Forbidden, Invalid, NotFound) as refused:
        # Somebody else may have carried it out just now; then nothing is left to drop.
        approvals.drop_held(request, held, str(refused))
    except Exception:  # Whatever is wrong with it must not keep the others waiting.
        logger.exception("The answer held for %s could not be carried out.", request.pk)
        if request.held_until is not None and now() > request.held_until + TAKEN_WITHIN:
            approvals.drop_held(request, held, "something went wrong here; please answer again.")
