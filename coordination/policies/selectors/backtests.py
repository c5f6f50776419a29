"""Which backtests there are, and what they found."""

from uuid import UUID

from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.policies.errors import BacktestUnknown
from coordination.policies.models import Backtest, BacktestStatus, Policy, PolicyVersion


def backtest(organization: Organization, backtest_id: UUID) -> Backtest:
    """Return one backtest; raises BacktestUnknown."""
    found = _whole().filter(organization=organization, pk=backtest_id).first()
    if found is None:
        raise BacktestUnknown(id=backtest_id)
    return found


def backtests_of(policy: Policy) -> QuerySet[Backtest]:
    """Return a policy's backtests, newest first."""
    return _whole().filter(policy=policy).order_by("-id")


def latest_backtest(version: PolicyVersion) -> Backtest | None:
    """Return the newest backtest of a version, however far it is."""
    return _whole().filter(version=version).first()


def latest_report(version: PolicyVersion) -> Backtest | None:
    """Return the newest backtest of a version that came to its end."""
    return _whole().filter(version=version, status=BacktestStatus.FINISHED).order_by("-finished_at").first()


def _whole() -> QuerySet[Backtest]:
    return Backtest.objects.select_related("version", "policy__enforced")
