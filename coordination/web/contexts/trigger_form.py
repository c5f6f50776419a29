"""The form of a trigger, and the pages that ask once more or show a secret."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from coordination.engine.timetable import Timetable
from coordination.engine.timetable.cron import Cron
from coordination.triggers.models import Trigger
from coordination.web.contexts.forms import FormPage
from coordination.web.contexts.triggers import Time, next_times


@dataclass(frozen=True, slots=True)
class Preview:
    """When a trigger that is being written would be due."""

    times: list[Time]
    says: str
    problem: str

    @classmethod
    def of(cls, timetable: Timetable | None, problem: str, now: datetime) -> "Preview":
        """Return the next times, or what is wrong."""
        if timetable is None:
            return cls([], "", problem)
        says, zone = "", "UTC"
        if isinstance(timetable, Cron):
            says, zone = timetable.in_words(), timetable.time_zone
        return cls(next_times(timetable, timetable.after(now), ZoneInfo(zone)), says, "")


@dataclass(frozen=True, slots=True)
class TriggerFormPage:
    """The form, with the times that what is typed comes to."""

    form: FormPage
    preview: Preview
    here: str


@dataclass(frozen=True, slots=True)
class TurnPage:
    """Something about a trigger that is asked once more before it is done."""

    trigger: Trigger
    title: str
    explanation: str
    is_bad: bool = False
    asks_reason: bool = False
    asks_event: bool = False
    typed: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SecretPage:
    """A webhook's secret, shown once."""

    trigger: Trigger
    secret: str
    hook: str
