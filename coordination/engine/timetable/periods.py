"""Weeks, months and quarters as the calendar has them, each from midnight UTC to midnight UTC."""

from datetime import UTC, datetime, timedelta
from typing import Literal

Length = Literal["week", "month", "quarter"]
_MONTHS = {"month": 1, "quarter": 3}


def begin_of(moment: datetime, length: Length) -> datetime:
    """Return when the period that a moment lies in began."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if length == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[length]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def end_of(begin: datetime, length: Length) -> datetime:
    """Return when a period ends, which is when the next one begins."""
    if length == "week":
        return begin + timedelta(days=7)
    month = begin.month - 1 + _MONTHS[length]
    return begin.replace(year=begin.year + month // 12, month=month % 12 + 1)


def before(moment: datetime, length: Length) -> tuple[datetime, datetime]:
    """Return the last period that was over at a moment."""
    end = begin_of(moment, length)
    return begin_of(end - timedelta(days=1), length), end


def over_between(after: datetime, until: datetime, length: Length, most: int) -> list[tuple[datetime, datetime]]:
    """Return the last `most` whole periods that began at `after` or later and were over at `until`, oldest first."""
    begin = begin_of(after, length)
    if begin < after:
        begin = end_of(begin, length)
    found = []
    while (end := end_of(begin, length)) <= until:
        found.append((begin, end))
        begin = end
    return found[-most:]
