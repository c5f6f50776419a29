"""Celery tasks about verdicts: thin, each calls services."""

from celery import shared_task

from coordination.insights.services import heed_verdicts


@shared_task(name="insights.heed_verdicts", ignore_result=True)
def heed() -> None:
    """Let what people think of outputs count in agents' records."""
    heed_verdicts()
