"""Which calls a question makes while nobody answers it, and when: a reminder, the next level, the person on duty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from coordination.engine.timetable.business import Calendar, after

# After the first call on duty it is repeated so many times at most.
MOST_REPEATED: Final = 3


class Call(StrEnum):
    """What is done about a question that waits."""

    TAKE_UP = "take_up"
    REMIND = "remind"
    RAISE = "raise"
    DUTY = "duty"


@dataclass(frozen=True, slots=True)
class Pace:
    """After which share of the time to decide people are called."""

    remind: float = 0.5
    escalate: float = 1.0
    duty: float = 1.5
    repeats: int = MOST_REPEATED

    def shares(self) -> list[tuple[float, Call]]:
        """Return the calls in their order, each after its share; the call on duty comes again in even steps."""
        step = max(self.duty - self.escalate, 0.1)
        again = [(self.duty + step * n, Call.DUTY) for n in range(self.repeats + 1)]
        return [(self.remind, Call.REMIND), (self.escalate, Call.RAISE), *again]


def plan(
    calendar: Calendar | None, asked_at: datetime, acknowledge: timedelta, decide: timedelta, pace: Pace
) -> list[tuple[datetime, Call]]:
    """Return every call of a question with its moment, the earliest first."""
    found = [(after(calendar, asked_at, acknowledge), Call.TAKE_UP)]
    found += [(after(calendar, asked_at, decide * share), call) for share, call in pace.shares()]
    return sorted(found, key=lambda one: one[0])


def due(planned: Sequence[tuple[datetime, Call]], made: int, moment: datetime) -> list[Call]:
    """Return the calls to make now; of those that fell together while nobody looked, only what still helps.

    Whoever is called on duty, or put in the place of those who did not answer, needs no reminder of the same minute.
    """
    fallen = [call for at, call in planned[made:] if at <= moment]
    strongest: list[Call] = [call for call in dict.fromkeys(fallen) if call in (Call.RAISE, Call.DUTY)]
    return strongest or fallen[-1:]


def made_until(planned: Sequence[tuple[datetime, Call]], moment: datetime) -> int:
    """Return how many of the calls were due by a moment."""
    return sum(at <= moment for at, _ in planned)
