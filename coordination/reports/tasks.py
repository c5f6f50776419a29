"""Celery tasks: thin, each calls services."""

from uuid import UUID

from celery import shared_task

from coordination.reports.services import find_lost_reports, make_due_reports, make_report


# The pool ends a process that takes longer: whatever holds it up, it is not the service that counts the time.
@shared_task(name="reports.make", ignore_result=True, time_limit=1_800)
def make(report_id: str, attempt: int) -> None:
    """Make a pack that was asked for."""
    make_report(UUID(report_id), attempt)


@shared_task(name="reports.look", ignore_result=True)
def look_after_reports() -> None:
    """Ask for what is due, and begin again what was lost."""
    make_due_reports()
    find_lost_reports()
