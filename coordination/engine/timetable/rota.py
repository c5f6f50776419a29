"""Whose turn it is: people who take turns by the day or by the week, in the order of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Length = Literal["day", "week"]
_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Turn:
    """One person's turn, from one midnight of its place to another."""

    person: str
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Rota:
    """People in the order of their turns; the first one's began on a day."""

    people: Sequence[str]
    length: Length
    since: date
    zone: str = "UTC"

    def turn_at(self, moment: datetime) -> Turn | None:
        """Return whose turn it is at a moment; None where nobody takes any."""
        if not self.people:
            return None
        return self._nth((moment.astimezone(ZoneInfo(self.zone)).date() - self.since).days // _DAYS[self.length])

    def turns_from(self, moment: datetime, n: int) -> list[Turn]:
        """Return the present turn and those after it."""
        if not self.people:
            return []
        first = (moment.astimezone(ZoneInfo(self.zone)).date() - self.since).days // _DAYS[self.length]
        return [self._nth(first + further) for further in range(n)]

    def _nth(self, number: int) -> Turn:
        begins = self.since + timedelta(days=number * _DAYS[self.length])
        ends = begins + timedelta(days=_DAYS[self.length])
        return Turn(self.people[number % len(self.people)], self._midnight(begins), self._midnight(ends))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)
