"""Work hours: when people are there, and when so much of their time has gone by.

Hours are those of the clock on the wall. Where a clock change skips an hour there is less work on that day; where it
repeats one, work goes on through both. A holiday begins and ends at midnight of its place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Further ahead nobody looks: whatever takes longer than this is due then.
FARTHEST = timedelta(days=3_660)
_DAY = timedelta(days=1)
_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Part of a day, in minutes after its midnight; the end, which is not part of it, may be the next midnight."""

    begin: int
    end: int

    def __str__(self) -> str:
        return f"{_clock(self.begin)}-{_clock(self.end)}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The hours of each day of the week, Monday first, in one time zone, and the days on which nobody works."""

    zone: str
    week: Sequence[Sequence[Span]]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def after(self, start: datetime, worked: timedelta) -> datetime:
        """Return when so much work time has gone by since a moment; nothing takes any until work goes on."""
        left = worked
        for begin, end in self._open_from(start):
            if left <= end - begin:
                return begin + left
            left -= end - begin
        return start + FARTHEST

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return how much work time lies between two moments."""
        found = timedelta()
        for opens, closes in self._open_from(start, end):
            found += min(closes, end) - opens
        return found

    def is_open(self, moment: datetime) -> bool:
        """Tell whether people work at a moment."""
        opens = next(self._open_from(moment, moment + timedelta(microseconds=1)), None)
        return opens is not None and opens[0] == moment

    def _open_from(self, start: datetime, until: datetime | None = None) -> Iterator[tuple[datetime, datetime]]:
        """Yield the times of work from a moment on, in UTC, one after the other without overlap."""
        zone = ZoneInfo(self.zone)
        reached, last = start, until or start + FARTHEST
        day = start.astimezone(zone).date() - _DAY
        while _moment(day, 0, zone, fold=0) < last:
            for span in () if day in self.holidays else self.week[day.weekday()]:
                begin = max(reached, _moment(day, span.begin, zone, fold=0))
                end = _moment(day, span.end, zone, fold=1)
                if begin < min(end, last):
                    reached = end
                    yield begin, end
            day += _DAY


def after(calendar: Calendar | None, start: datetime, worked: timedelta) -> datetime:
    """Return when so much time has gone by since a moment; without a calendar every hour counts."""
    return start + worked if calendar is None else calendar.after(start, worked)


def between(calendar: Calendar | None, start: datetime, end: datetime) -> timedelta:
    """Return how much time lies between two moments; without a calendar every hour counts."""
    return max(end - start, timedelta()) if calendar is None else calendar.between(start, end)


def spans_in(text: str) -> tuple[Span, ...]:
    """Return the hours that a text such as `09:00-12:30, 13:30-18:00` says; raises ValueError."""
    found = sorted(_span(part) for part in text.replace("–", "-").split(",") if part.strip())
    for one, other in pairwise(found):
        if other.begin < one.end:
            raise ValueError(f"{one} and {other} overlap")
    return tuple(found)


def _span(text: str) -> Span:
    begin, dash, end = text.partition("-")
    try:
        found = Span(_minutes(begin), _minutes(end))
    except ValueError:
        raise ValueError(f"{text.strip()!r} is not a time of the day; write 09:00-17:30") from None
    if not dash or found.begin >= found.end:
        raise ValueError(f"{text.strip()!r} does not end after it begins; hours past midnight belong to the next day")
    return found


def _minutes(text: str) -> int:
    if text.strip() == "24:00":
        return _MINUTES
    told = time.fromisoformat(text.strip())
    if told.second or told.microsecond or told.tzinfo:
        raise ValueError
    return told.hour * 60 + told.minute


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _moment(day: date, minutes: int, zone: ZoneInfo, *, fold: int) -> datetime:
    """Return when the clock shows a time for the first time (fold 0) or the last (1); where it never does, the jump."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    found = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    # In a skipped hour, fold 1 names a moment before the jump and fold 0 one after it.
    low = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    high = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
