"""Celery tasks about how people judge: thin, each calls services."""

from celery import shared_task

from coordination.insights.services import guard_judgement


@shared_task(name="insights.guard_judgement", ignore_result=True)
def guard() -> None:
    """Draw second looks and exercises."""
    guard_judgement()
