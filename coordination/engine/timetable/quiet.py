"""When a person may be written to: hours of rest, and the moments at which what has gathered is sent.

All of it by the clock on the wall. Hours of rest may pass midnight; an hour that a clock change repeats is quiet twice.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rest:
    """The hours of each day in which somebody wants to hear nothing; none if both ends are the same."""

    zone: str
    begin: time
    end: time

    def is_quiet(self, moment: datetime) -> bool:
        """Tell whether a moment lies in these hours; the end does not."""
        wall = moment.astimezone(ZoneInfo(self.zone)).time()
        if self.begin <= self.end:
            return self.begin <= wall < self.end
        return wall >= self.begin or wall < self.end

    def over(self, moment: datetime) -> datetime:
        """Return when somebody may be told what happens at a moment: at once, or when these hours end."""
        if not self.is_quiet(moment):
            return moment
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        ends = (_at(day + timedelta(days=n), self.end, self.zone) for n in range(3))
        return next(end for end in ends if end > moment)


def next_daily(moment: datetime, at: time, zone: str) -> datetime:
    """Return the first moment after this one at which the clock shows a time."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    return next(due for n in range(3) if (due := _at(day + n * _DAY, at, zone)) > moment)


def next_hourly(moment: datetime) -> datetime:
    """Return the next full hour."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + _HOUR


def _at(day: date, wall: time, zone: str) -> datetime:
    """Return when the clock shows a time on a day, for the last time; where it skips it, as long after midnight."""
    return datetime.combine(day, wall, ZoneInfo(zone)).replace(fold=1).astimezone(UTC)
