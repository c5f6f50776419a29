"""Close requests without an answer: superseded, cancelled, invalidated, expired."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from django.db import transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Organization
from coordination.approvals.models import (
    OPEN,
    UNSETTLED,
    ApprovalRequest,
    State,
    Verdict,
)
from coordination.approvals.selectors import about
from coordination.approvals.selectors.rules import rules_of
from coordination.approvals.services.record import entry
from coordination.approvals.sla import passes_in_silence
from coordination.audit.services import append
from coordination.shared.clock import now
from coordination.shared.live import ring

_EXPIRED_AT_A_TIME = 200
_NO_HUMAN = {
    "label": "no human",
    "reason": "nobody decided in time, and what is low in risk and reversible may go ahead",
}


def cancel_for(
    organization: Organization, subject: str, *, actor: Actor = SYSTEM, reason: str = ""
) -> list[ApprovalRequest]:
    """Cancel every request about a subject, or a part of it, that has released nothing; approved ones too."""
    with transaction.atomic():
        unsettled = ApprovalRequest.objects.select_for_update().filter(
            about(subject), organization=organization, state__in=UNSETTLED
        )
        return close(unsettled, State.CANCELLED, "ApprovalCancelled", actor, reason)


def invalidate(request: ApprovalRequest, reason: str, *, actor: Actor = SYSTEM) -> list[ApprovalRequest]:
    """Take back a request, even an approved one, because what it rests on has changed."""
    with transaction.atomic():
        unsettled = ApprovalRequest.objects.select_for_update().filter(pk=request.pk, state__in=UNSETTLED)
        return close(unsettled, State.INVALIDATED, "ApprovalInvalidated", actor, reason)


def expire_due(moment: datetime) -> list[ApprovalRequest]:
    """Close open requests whose time is over, some at a time, and return them; silence is never consent.

    Skips what someone is deciding at this instant. Commit before you lock the runs that waited: a decision
    locks its run first, then the request.
    """
    with transaction.atomic():
        due = (
            ApprovalRequest.objects.select_for_update(skip_locked=True)
            .filter(state__in=OPEN, expires_at__lte=moment)
            .order_by("expires_at")[:_EXPIRED_AT_A_TIME]
        )
        return close(due, State.EXPIRED, "ApprovalExpired", SYSTEM, "nobody decided in time")


def expire(request: ApprovalRequest, *, may_pass: bool = False) -> list[ApprovalRequest]:
    """Close one request whose time is over; empty if someone settled it in the meantime.

    With `may_pass` it is let through instead where the organization wants that of what is low in risk and reversible.
    """
    with transaction.atomic():
        due = ApprovalRequest.objects.select_for_update().filter(pk=request.pk, state__in=OPEN, expires_at__lte=now())
        found = due.first()
        if found is not None and may_pass and _passes(found):
            return [_let_pass(found)]
        return close([found] if found else [], State.EXPIRED, "ApprovalExpired", SYSTEM, "nobody decided in time")


def _passes(request: ApprovalRequest) -> bool:
    """Tell whether silence counts as consent: for what does little harm, and nobody objected to or asked about."""
    if request.state == State.INFO_REQUESTED or request.is_synthetic:
        return False
    is_opposed = request.decisions.filter(verdict=Verdict.REJECT, is_counted=True).exists()
    return not is_opposed and passes_in_silence(request, rules_of(request.organization_id))


def _let_pass(request: ApprovalRequest) -> ApprovalRequest:
    """Approve a request that nobody decided, and say so wherever it is shown: no human agreed."""
    request.state, request.decided_at, request.is_unattended = State.APPROVED, now(), True
    # Approved for as long as anybody would have had to decide it: its release is checked as ever.
    request.expires_at = now() + rules_of(request.organization_id).clock(request.risk_band).to_decide
    request.save(update_fields=["state", "decided_at", "is_unattended", "expires_at"])
    append(request.organization_id, request.stream, SYSTEM, [entry(request, "ApprovalUnattended", _NO_HUMAN)])
    ring(request.organization_id, *request.topics)
    return request


def close(
    locked: Iterable[ApprovalRequest], state: State, kind: str, actor: Actor, reason: str
) -> list[ApprovalRequest]:
    """Close locked requests; the audit costs the same for one request of a run as for thousands."""
    requests = sorted(locked, key=_stream)
    moment = now()
    for request in requests:
        request.state, request.decided_at = state, moment
    ApprovalRequest.objects.filter(pk__in=[request.pk for request in requests]).update(state=state, decided_at=moment)
    # Streams are locked in one order, so that two sweeps never wait for each other.
    for (organization_id, stream), group in groupby(requests, key=_stream):
        closed = list(group)
        entries = [entry(request, kind, {"reason": reason}) for request in closed]
        append(organization_id, stream, actor, entries)
        ring(organization_id, *closed[0].topics)
    return requests


_stream = attrgetter("organization_id", "stream")
