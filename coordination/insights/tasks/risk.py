"""Celery tasks about outcomes: thin, each calls services."""

from celery import shared_task

from coordination.insights.services import collect_outcomes
from coordination.risk.services import refresh_stale


@shared_task(name="insights.collect_outcomes", ignore_result=True)
def collect() -> None:
    """Take in what came of runs that ended."""
    collect_outcomes()


@shared_task(name="insights.fade_records", ignore_result=True)
def fade() -> None:
    """Let what is long ago count less."""
    refresh_stale()
