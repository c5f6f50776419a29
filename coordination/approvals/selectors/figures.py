"""How full the queue is, and how fast people answer."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Min, Q

from coordination.accounts.models import Membership, Organization
from coordination.approvals.models import OPEN, ApprovalRequest, Band, State
from coordination.approvals.selectors.queue import mine_first
from coordination.shared.clock import now

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
            AND answer.verdict IN ('approve', 'reject', 'edit') AND NOT request.is_synthetic
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


def queue_counts(membership: Membership) -> QueueCounts:
    """Return the figures above the queue, as this member sees them."""
    counts = ApprovalRequest.objects.filter(organization=membership.organization, state__in=OPEN).aggregate(
        open=Count("id"),
        overdue=Count("id", filter=Q(due_at__lt=now())),
        high=Count("id", filter=Q(risk_band__in=(Band.HIGH, Band.CRITICAL))),
        oldest_at=Min("created_at"),
    )
    return QueueCounts(mine=mine_first(membership).count(), **counts)


def median_decision_s(organization: Organization, since: datetime) -> float | None:
    """Return the median time from question to decision, in seconds, of what people decided since then."""
    waited = ExpressionWrapper(F("decided_at") - F("created_at"), output_field=DurationField())
    median = ApprovalRequest.objects.filter(
        organization=organization,
        state__in=_DECIDED_BY_PEOPLE,
        decided_at__gte=since,
        is_synthetic=False,
        is_unattended=False,
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
