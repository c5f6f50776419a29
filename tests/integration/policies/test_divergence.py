"""What a version that is tried out would have decided otherwise, by the hour and by the day."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.models import Organization
from coordination.policies import selectors
from coordination.policies.models import PolicyDecision, PolicyVersion
from coordination.policies.services import decide
from coordination.shared.clock import now
from tests.integration.policies.rules import Enforce, over_limit, refund


@pytest.fixture
def version(enforce: Enforce) -> PolicyVersion:
    return enforce(over_limit())


def noted(
    organization: Organization,
    version: PolicyVersion,
    outcome: str,
    would_be: str,
    result: Any = True,
    ago: timedelta = timedelta(),
    of: dict[str, Any] | None = None,
) -> PolicyDecision:
    """Write down a decision with what the version, or another one, would have decided."""
    row = decide(organization, refund(), subject="s", record=False).row
    results = [{"policy": version.policy.name, "version": version.number, "rule": "r", "result": result, "micros": 1}]
    shadow = {"policy": version.policy.name, "version": version.number, "outcome": would_be, "results": results}
    row.outcome, row.shadows, row.created_at = outcome, [{**shadow, **(of or {})}], now() - ago
    row.save(force_insert=True)
    return row


def sums(point: selectors.Point) -> tuple[int, ...]:
    return (point.judged, point.matched, point.stricter, point.looser, point.errors)


def test_stricter_looser_and_errors_are_told_apart(acme: Organization, version: PolicyVersion) -> None:
    noted(acme, version, "allow", "allow", result=False)
    noted(acme, version, "allow", "require_approval")
    noted(acme, version, "require_approval", "deny")
    noted(acme, version, "deny", "allow")
    noted(acme, version, "allow", "deny", result="error")
    found = selectors.divergence(version, now() - timedelta(hours=1))
    assert sums(found.whole) == (5, 3, 3, 1, 1)
    assert found.whole.diverged == 4


def test_only_this_version_of_this_policy_in_this_organization_and_time(
    acme: Organization, globex: Organization, version: PolicyVersion
) -> None:
    noted(acme, version, "allow", "deny", of={"version": 7})
    noted(acme, version, "allow", "deny", of={"policy": "other"})
    noted(acme, version, "allow", "deny", ago=timedelta(hours=5))
    noted(globex, version, "allow", "deny")
    decide(acme, refund(), subject="s")
    assert selectors.divergence(version, now() - timedelta(hours=1)).whole.judged == 0


def test_every_hour_is_a_point_and_after_three_days_every_day(acme: Organization, version: PolicyVersion) -> None:
    noted(acme, version, "allow", "deny", ago=timedelta(hours=2))
    noted(acme, version, "allow", "deny")
    by_hour = selectors.divergence(version, now() - timedelta(hours=4)).points
    assert [sums(point)[0] for point in by_hour] == [0, 0, 1, 0, 1]
    assert by_hour[1].at - by_hour[0].at == timedelta(hours=1)
    by_day = selectors.divergence(version, now() - timedelta(days=5)).points
    assert len(by_day) == 6
    assert sum(point.judged for point in by_day) == 2
    assert by_day[-1].at - by_day[-2].at == timedelta(days=1)


def test_the_decisions_that_would_have_come_out_otherwise(
    acme: Organization, globex: Organization, version: PolicyVersion
) -> None:
    first = noted(acme, version, "allow", "deny")
    noted(acme, version, "deny", "deny")
    noted(acme, version, "allow", "deny", of={"version": 7})
    noted(globex, version, "allow", "deny")
    second = noted(acme, version, "require_approval", "allow")
    assert [found.pk for found in selectors.diverged(version)] == [second.pk, first.pk]
