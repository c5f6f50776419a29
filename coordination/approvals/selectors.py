"""What waits for whom, and may this person decide it?"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
)

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.errors import (
    AlreadyDecided,
    AlreadyVoted,
    ClaimedByOther,
    EditedByYou,
    NotAsked,
    OwnRequest,
    Refusal,
)
from coordination.approvals.models import OPEN, ApprovalDecision, ApprovalRequest, Band, State, Verdict
from coordination.shared.clock import now
from coordination.shared.errors import NotFound

_DECIDED_BY_PEOPLE = (State.APPROVED, State.CONSUMED, State.REJECTED)

_FEWEST_ANSWERS = 5
_EFFORT = """
    SELECT CASE WHEN count(*) >= %(fewest)s THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) END FROM (
        SELECT extract(epoch FROM answer.created_at - greatest(request.created_at, lag(answer.created_at) OVER (
            PARTITION BY answer.actor_id ORDER BY answer.created_at
        ))) AS seconds
        FROM approvals_approvaldecision AS answer JOIN approvals_approvalrequest AS request
            ON request.id = answer.request_id
        WHERE request.organization_id = %(organization)s AND answer.created_at >= %(since)s
            AND answer.verdict IN ('approve', 'reject', 'edit')
    ) AS answers WHERE seconds <= 1800
"""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """The figures above the queue."""

    open: int
    mine: int
    overdue: int
    high: int
    oldest_at: datetime | None


def get_request(organization: Organization, request_id: UUID) -> ApprovalRequest:
    """Return one request of the organization; raises NotFound."""
    try:
        return _whole(organization).get(pk=request_id)
    except ApprovalRequest.DoesNotExist:
        raise NotFound(kind="approval request", name=request_id) from None


def requests(organization: Organization) -> QuerySet[ApprovalRequest]:
    """Return every request, newest first."""
    return _whole(organization).order_by("-id")


def open_requests(organization: Organization) -> QuerySet[ApprovalRequest]:
    """Return what nobody has settled yet, most urgent first."""
    return _whole(organization).filter(state__in=OPEN).order_by("due_at", "id")


def pending_for(membership: Membership) -> QuerySet[ApprovalRequest]:
    """Return the open requests that this member may approve now, most urgent first: `may_decide` in SQL."""
    requests = open_requests(membership.organization)
    if not may(membership, Right.APPROVAL_DECIDE):
        return requests.none()
    moment, person = now(), membership.user_id
    voted = ApprovalDecision.objects.filter(
        request=OuterRef("pk"), revision=OuterRef("revision"), actor=person, verdict=Verdict.APPROVE
    )
    return (
        requests.filter(_asked(membership), expires_at__gt=moment)
        .exclude(requested_by=person)
        .exclude(on_behalf_of__in=_names(membership))
        .exclude(edited_by=person)
        .exclude(Q(claimed_until__gt=moment) & ~Q(claimed_by=person))
        .exclude(Exists(voted))
    )


def decided(organization: Organization) -> QuerySet[ApprovalRequest]:
    """Return what is settled, latest first."""
    return _whole(organization).exclude(state__in=OPEN).order_by("-decided_at", "-id")


def expired_requests(moment: datetime) -> QuerySet[ApprovalRequest]:
    """Return the open requests of all organizations whose time is over, longest first."""
    return ApprovalRequest.objects.filter(state__in=OPEN, expires_at__lte=moment).order_by("expires_at")


def requests_about(organization: Organization, subject: str) -> QuerySet[ApprovalRequest]:
    """Return every request about a subject or a part of it, oldest first."""
    return _whole(organization).filter(about(subject)).order_by("id")


def about(subject: str) -> Q:
    """Return the condition that a request is about a subject or a part of it."""
    return Q(subject=subject) | Q(subject__startswith=f"{subject}/")


def may_decide(request: ApprovalRequest, membership: Membership, verdict: str = Verdict.APPROVE) -> Refusal | None:
    """Return why this member may not give this verdict now, or None: the separation of duties, in one place.

    Who edited a revision or has approved it may still object to it, but not approve it (again).
    """
    refusal = _wrong_person(request, membership) or _wrong_time(request, membership)
    if refusal is None and verdict == Verdict.APPROVE:
        return _second_hand(request, membership)
    return refusal


def _wrong_person(request: ApprovalRequest, membership: Membership) -> Refusal | None:
    if not (may(membership, Right.APPROVAL_DECIDE) and is_asked(request, membership)):
        return NotAsked(asked=asked_of(request))
    return OwnRequest() if is_requester(request, membership) else None


def _wrong_time(request: ApprovalRequest, membership: Membership) -> Refusal | None:
    moment = now()
    if not request.is_open:
        return AlreadyDecided(state=request.get_state_display().lower())
    if request.expires_at <= moment:
        return AlreadyDecided(state=State.EXPIRED.label.lower())
    if request.is_claimed(moment) and request.claimed_by_id != membership.user_id:
        return ClaimedByOther(username=request.claimed_by, until=f"{request.claimed_until:%H:%M} UTC")
    return None


def _second_hand(request: ApprovalRequest, membership: Membership) -> Refusal | None:
    if request.edited_by_id == membership.user_id:
        return EditedByYou()
    return AlreadyVoted() if membership.user_id in request.voters else None


def is_requester(request: ApprovalRequest, membership: Membership) -> bool:
    """Tell whether the member asked, or is the one on whose behalf it was asked."""
    return request.requested_by_id == membership.user_id or request.on_behalf_of in _names(membership)


def is_asked(request: ApprovalRequest, membership: Membership) -> bool:
    """Tell whether the request was put to this member, by name, by delegation, or by role and group."""
    stage = request.stage
    if membership.user_id in request.delegates or membership.user.username in stage["users"]:
        return True
    role_fits = not stage["role"] or stage["role"] in membership.roles
    group_fits = not stage["group"] or stage["group"] in membership.groups
    return bool(stage["role"] or stage["group"]) and role_fits and group_fits


def asked_of(request: ApprovalRequest) -> str:
    """Return in words whom the request was put to."""
    stage = request.stage
    role, group = stage["role"] or "member", stage["group"]
    team = f"any {role} of the group {group}" if group else f"any {role}"
    return ", ".join([*stage["users"], *([team] if stage["role"] or group else [])])


def queue_counts(membership: Membership) -> QueueCounts:
    """Return the figures above the queue, as this member sees them."""
    counts = ApprovalRequest.objects.filter(organization=membership.organization, state__in=OPEN).aggregate(
        open=Count("id"),
        overdue=Count("id", filter=Q(due_at__lt=now())),
        high=Count("id", filter=Q(risk_band__in=(Band.HIGH, Band.CRITICAL))),
        oldest_at=Min("created_at"),
    )
    return QueueCounts(mine=pending_for(membership).count(), **counts)


def median_decision_s(organization: Organization, since: datetime) -> float | None:
    """Return the median time from question to decision, in seconds, of what people decided since then."""
    waited = ExpressionWrapper(F("decided_at") - F("created_at"), output_field=DurationField())
    median = ApprovalRequest.objects.filter(
        organization=organization, state__in=_DECIDED_BY_PEOPLE, decided_at__gte=since
    ).aggregate(median=_Median(waited))["median"]
    return median.total_seconds() if median is not None else None


def median_effort_s(organization: Organization, since: datetime) -> float | None:
    """Return the median time, in seconds, that a person gives to one answer; None while too few were given to tell.

    Counted from the same person's answer before, or from when the question came, whichever is later; who took longer
    than half an hour has done something else in between.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EFFORT, {"organization": organization.pk, "since": since, "fewest": _FEWEST_ANSWERS})
        found = cursor.fetchone()
    return float(found[0]) if found and found[0] is not None else None


class _Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def _whole(organization: Organization) -> QuerySet[ApprovalRequest]:
    """Return requests with all that a page or an answer about them reads."""
    decisions = ApprovalDecision.objects.select_related("actor")
    return (
        ApprovalRequest.objects.filter(organization=organization)
        .select_related("organization", "claimed_by", "requested_by", "edited_by")
        .prefetch_related(Prefetch("decisions", decisions))
    )


def _asked(membership: Membership) -> Q:
    """Return `is_asked` in SQL."""
    named = Q(stage__users__contains=[membership.user.username])
    delegated = Q(delegates__contains=[membership.user_id])
    role_fits = Q(stage__role__in=["", *membership.roles])
    group_fits = Q(stage__group__in=["", *membership.groups])
    return named | delegated | (role_fits & group_fits & ~Q(stage__role="", stage__group=""))


def _names(membership: Membership) -> tuple[str, str]:
    """Return how a request may name this member: as a person, and as the audit log does."""
    return membership.user.username, f"user:{membership.user.username}"
