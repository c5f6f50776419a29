"""Call people about what waits: remind those asked, put it to the next level, call whoever is on duty.

Any number of machines may do this at once: what one has locked the others leave, and what was called is not called
again. After an absence only what still helps is done.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import MemberRole, Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may, members
from coordination.approvals.chain import hand_to, open_stages
from coordination.approvals.errors import NobodyToAsk
from coordination.approvals.manifest import Rules
from coordination.approvals.models import OPEN, ApprovalRequest, State
from coordination.approvals.selectors.authority import has_abstained, in_words, is_requester
from coordination.approvals.selectors.rules import people_asked, rules_of
from coordination.approvals.services.record import record
from coordination.approvals.services.triage import raise_to
from coordination.approvals.sla import above, planned_calls
from coordination.engine.timetable.calls import Call, due, made_until
from coordination.shared.json import Json

logger = logging.getLogger(__name__)

_AT_ONCE = 200
_TRIED_AGAIN_IN = timedelta(minutes=5)


def make_calls(moment: datetime) -> int:
    """Make every call that is due, some at a time, the longest due first; return how many questions were looked at."""
    waiting = ApprovalRequest.objects.filter(state__in=OPEN, next_call_at__lte=moment).order_by("next_call_at")
    found = list(waiting.values_list("pk", flat=True)[:_AT_ONCE])
    for request_id in found:
        try:
            call_about(request_id, moment)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # Whatever is wrong with one question must not silence the others.
            logger.exception("Nobody could be called about the question %s.", request_id)
            ApprovalRequest.objects.filter(pk=request_id).update(next_call_at=moment + _TRIED_AGAIN_IN)
    return len(found)


@transaction.atomic
def call_about(request_id: UUID, moment: datetime) -> None:
    """Make the calls of one question that are due by a moment."""
    rows = ApprovalRequest.objects.select_related("organization").select_for_update(of=("self",), skip_locked=True)
    # An answer that is held counts in a moment.
    request = rows.filter(pk=request_id, state__in=OPEN, next_call_at__lte=moment, held_until=None).first()
    if request is None:
        return
    rules = rules_of(request.organization_id)
    planned = planned_calls(request, rules)
    for call in due(planned, request.calls, moment):
        _make(call, request, rules, moment)
    request.calls = max(made_until(planned, moment), request.calls)
    request.next_call_at = planned[request.calls][0] if request.calls < len(planned) else None
    request.save()


def _make(call: Call, request: ApprovalRequest, rules: Rules, moment: datetime) -> None:
    match call:
        case Call.RAISE | Call.DUTY if request.is_synthetic:
            pass  # An exercise is for those it was put to.
        case Call.RAISE:
            _raise(request, rules, moment)
        case Call.DUTY:
            _call_duty(request, rules, moment)
        case Call.TAKE_UP if request.acknowledged_at is not None:
            pass
        case Call.REMIND if request.state == State.INFO_REQUESTED:
            pass  # Whoever has asked back waits for others themselves.
        case _:
            _tell_those_asked(request, call)


def _tell_those_asked(request: ApprovalRequest, call: Call) -> None:
    # Put to one of them first, it was not answered: now it is everybody's again.
    request.assigned_to = None
    record(request, "ApprovalReminded", SYSTEM, {"call": call, "to": _names(people_asked(request))})


def _raise(request: ApprovalRequest, rules: Rules, moment: datetime) -> None:
    """Put every open stage to the next level; where there is none, whom it was put to is told once more."""
    before: list[Json] = [one.as_json() for one in open_stages(request)]
    raised = [_raised(request, rules, one.no) for one in open_stages(request)]
    if not any(raised):
        _tell_those_asked(request, Call.RAISE)
        return
    request.escalation_level += 1
    if request.claimed_by_id is not None and request.is_claimed(moment):
        # Whoever is about to answer may go on.
        for one in open_stages(request):
            hand_to(request, one.no, request.claimed_by_id)
    details: Mapping[str, Json] = {
        "call": Call.RAISE,
        "level": request.escalation_level,
        "stages_before": before,
        "stage": request.stage,
        "to": _names(people_asked(request)),
    }
    record(request, "ApprovalEscalated", SYSTEM, details)


def _raised(request: ApprovalRequest, rules: Rules, no: int) -> bool:
    """Put one open stage to the next level and tell whether that was possible."""
    asked = next(one.stage for one in open_stages(request) if one.no == no)
    to = above(asked, request.escalation_level, rules)
    if to is None:
        return False
    try:
        raise_to(request, to, no, rules)
    except NobodyToAsk:
        logger.info("Nobody is %s for the question %s.", in_words(to), request.pk)
        return False
    return True


def _call_duty(request: ApprovalRequest, rules: Rules, moment: datetime) -> None:
    """Call whoever is on duty, who may decide it from now on; where nobody is, the admins are told."""
    turn = rules.duty.rota().turn_at(moment)
    people = list(members(request.organization).filter(user__is_active=True))
    called = [one for one in people if turn is not None and one.user.username == turn.person]
    for one in called:
        if may(one, Right.APPROVAL_DECIDE) and not is_requester(request, one) and not has_abstained(request, one):
            for opened in open_stages(request):
                hand_to(request, opened.no, one.user_id)
    told = called or [one for one in people if MemberRole.ADMIN in one.roles]
    record(request, "ApprovalDutyCalled", SYSTEM, {"call": Call.DUTY, "is_on_duty": bool(called), "to": _names(told)})


def _names(people: list[Membership]) -> list[Json]:
    return [one.user.username for one in people]
