"""Celery tasks about autonomy: thin, each calls services."""

from celery import shared_task

from coordination.insights.services import demote_agents


@shared_task(name="insights.demote_agents", ignore_result=True)
def demote() -> None:
    """Take away what agents were trusted with where their record says so."""
    demote_agents()
