"""Celery tasks: thin, each calls services."""

from celery import shared_task

from coordination.approvals.services import make_calls, share_out
from coordination.shared.clock import now


@shared_task(name="approvals.make_calls", ignore_result=True)
def call_people() -> None:
    """Remind, put to the next level, and call on duty, wherever that is due."""
    make_calls(now())


@shared_task(name="approvals.share_out", ignore_result=True)
def share_questions() -> None:
    """Put questions to people who have room."""
    share_out(now())
