"""Celery tasks: thin, each calls services."""

from celery import shared_task

from coordination.triggers.services import tick


@shared_task(name="triggers.tick", ignore_result=True)
def tick_triggers() -> None:
    """Fire what is due."""
    tick()
