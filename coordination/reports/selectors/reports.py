"""Which packs there are, and their bytes."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from channels.db import database_sync_to_async
from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.reports.errors import ReportNotThere, ReportUnknown
from coordination.reports.models import Report, ReportPart, ReportSchedule


def reports(organization: Organization) -> QuerySet[Report]:
    """Return the organization's packs, newest first."""
    return Report.objects.filter(organization=organization).select_related("organization").order_by("-id")


def report(organization: Organization, report_id: UUID) -> Report:
    """Return one pack; raises ReportUnknown."""
    found = reports(organization).filter(pk=report_id).first()
    if found is None:
        raise ReportUnknown(id=report_id)
    return found


def content_of(one: Report) -> Iterator[bytes]:
    """Yield the bytes of a pack, one part after the other; raises ReportNotThere."""
    if not one.is_there:
        raise ReportNotThere(why=_why(one))
    numbers = ReportPart.objects.filter(report=one).order_by("number").values_list("number", flat=True)
    return (_part(one, number) for number in list(numbers))


def parts_of(one: Report) -> AsyncIterator[bytes]:
    """Yield the bytes of a pack to whoever serves others meanwhile; raises ReportNotThere at once."""
    content = content_of(one)
    return _in_turn(content)


def schedule_of(organization: Organization) -> ReportSchedule:
    """Return the organization's schedule, or what holds without one."""
    return ReportSchedule.objects.filter(organization=organization).first() or ReportSchedule(organization=organization)


async def _in_turn(content: Iterator[bytes]) -> AsyncIterator[bytes]:
    read = database_sync_to_async(next)
    while part := await read(content, b""):
        yield part


def _part(one: Report, number: int) -> bytes:
    return bytes(ReportPart.objects.values_list("content", flat=True).get(report=one, number=number))


def _why(one: Report) -> str:
    if one.discarded_at is not None:
        return "its bytes made room for newer packs"
    return f"it is {one.get_status_display().lower()}"
