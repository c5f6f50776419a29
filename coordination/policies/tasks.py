"""Celery tasks: thin, each calls services."""

from uuid import UUID

from celery import shared_task

from coordination.policies.services import advance_due, find_lost_backtests, perform_backtest


# The pool ends a process that takes longer: whatever holds it up, it is not the service that counts the time.
@shared_task(name="policies.backtest", ignore_result=True, time_limit=360)
def backtest(backtest_id: str) -> None:
    """Judge a version of a policy on stored decisions."""
    perform_backtest(UUID(backtest_id))


@shared_task(name="policies.find_lost_backtests", ignore_result=True)
def look_for_lost_backtests() -> None:
    """Say of backtests whose worker is gone that they are lost."""
    find_lost_backtests()


@shared_task(name="policies.advance", ignore_result=True)
def advance_versions() -> None:
    """Let versions go on whose time in shadow or canary is over."""
    advance_due()
