"""What policies did lately, day by day, and which of their versions wait for something."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import connection

from coordination.accounts.models import Organization
from coordination.approvals.models import OPEN, ApprovalRequest
from coordination.policies.models import Policy, PolicyDecision, PolicyVersion
from coordination.shared.clock import now

DAYS = 7
_BY_DAY = """
    SELECT name, greatest(0, floor(extract(epoch FROM (%s - created_at)) / 86400))::int AS days_ago, count(*)
    FROM (
        SELECT unnest(policies) AS name, created_at FROM policies_policydecision
        WHERE organization_id = %s AND created_at >= %s AND policies <> '{}'
    ) AS fired
    GROUP BY 1, 2
"""


def fired_by_day(organization: Organization) -> dict[str, list[int]]:
    """Return how often each policy's rules held on each of the last 7 days, oldest first; others are missing."""
    moment = now()
    found: dict[str, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_DAY, [moment, organization.pk, moment - timedelta(days=DAYS)])
        for name, days_ago, times in cursor.fetchall():
            found.setdefault(name, [0] * DAYS)[DAYS - 1 - min(days_ago, DAYS - 1)] += times
    return found


def newest_versions(policies: Iterable[Policy]) -> dict[UUID, PolicyVersion]:
    """Return the newest version of each policy, by the policy's id."""
    rows = PolicyVersion.objects.filter(policy__in=list(policies)).order_by("policy_id", "-number")
    return {version.policy_id: version for version in rows.distinct("policy_id")}


def decided(organization: Organization, decision_id: UUID | None) -> PolicyDecision | None:
    """Return the decision that led to a question, if one did and it is still kept."""
    if decision_id is None:
        return None
    return PolicyDecision.objects.filter(organization=organization, pk=decision_id).first()


def open_reviews(organization: Organization) -> dict[str, ApprovalRequest]:
    """Return the oldest open question about each policy, by the policy's name."""
    found: dict[str, ApprovalRequest] = {}
    asked = ApprovalRequest.objects.filter(organization=organization, state__in=OPEN, subject__startswith="policy:")
    for request in asked.order_by("id"):
        found.setdefault(request.subject.removeprefix("policy:").rpartition("/")[0], request)
    return found
