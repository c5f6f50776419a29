"""How an organization's queue keeps time: work hours, clocks, calls, the person on duty, and how much is too much."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from coordination.engine.duration import Duration, seconds
from coordination.engine.manifest import Spec
from coordination.engine.timetable.business import DAYS, Calendar, spans_in
from coordination.engine.timetable.calls import Pace
from coordination.engine.timetable.cron import known_zone
from coordination.engine.timetable.rota import Rota

BandName = Literal["low", "medium", "high", "critical"]
Zone = Annotated[str, Field(max_length=60), AfterValidator(known_zone)]
Username = Annotated[str, Field(min_length=1, max_length=150)]
GroupName = Annotated[str, Field(max_length=60)]
# Whom a calendar is about: everybody (""), those of a role, or those of a group.
QueueName = Annotated[str, Field(max_length=80, pattern=r"^$|^(role|group):\S(.*\S)?$")]
EVERYBODY: Final = ""
_LONGEST_S: Final = 90 * 86_400
_SHORTEST_S: Final = 1


def _bearable(text: str) -> str:
    if not _SHORTEST_S <= seconds(text) <= _LONGEST_S:
        raise ValueError("from 1s to 90d")
    return text


def _hours(text: str) -> str:
    return ", ".join(str(span) for span in spans_in(text))


Clock = Annotated[Duration, AfterValidator(_bearable)]
Hours = Annotated[str, Field(max_length=200), AfterValidator(_hours)]


class WorkHours(Spec):
    """When people are there: hours such as `09:00-12:30, 13:30-18:00` for each day, and days on which nobody is."""

    zone: Zone = "UTC"
    monday: Hours = "09:00-17:00"
    tuesday: Hours = "09:00-17:00"
    wednesday: Hours = "09:00-17:00"
    thursday: Hours = "09:00-17:00"
    friday: Hours = "09:00-17:00"
    saturday: Hours = ""
    sunday: Hours = ""
    holidays: dict[date, Annotated[str, Field(max_length=100)]] = Field(default_factory=dict, max_length=400)
    around_the_clock: tuple[BandName, ...] = Field(
        default=("critical",), description="Risks for which somebody is there at any hour."
    )

    @model_validator(mode="after")
    def _somebody_comes(self) -> Self:
        if not any(getattr(self, day) for day in DAYS):
            raise ValueError("somebody must work on some day of the week")
        return self

    def calendar(self) -> Calendar:
        """Return the hours for reckoning."""
        return Calendar(self.zone, [spans_in(getattr(self, day)) for day in DAYS], frozenset(self.holidays))


class Clocks(Spec):
    """How soon a question must be taken up, decided, and when it lapses."""

    acknowledge: Clock
    decide: Clock
    expire: Clock

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not seconds(self.acknowledge) <= seconds(self.decide) <= seconds(self.expire):
            raise ValueError("it is taken up, then decided, then lapses: the times must not fall")
        return self

    @property
    def to_acknowledge(self) -> timedelta:
        """Return the time until somebody takes it up."""
        return timedelta(seconds=seconds(self.acknowledge))

    @property
    def to_decide(self) -> timedelta:
        """Return the time to decide."""
        return timedelta(seconds=seconds(self.decide))

    @property
    def to_expire(self) -> timedelta:
        """Return the time until silence ends it."""
        return timedelta(seconds=seconds(self.expire))


class ByBand(Spec):
    """The clocks of each risk."""

    critical: Clocks = Clocks(acknowledge="5m", decide="15m", expire="1h")
    high: Clocks = Clocks(acknowledge="15m", decide="1h", expire="4h")
    medium: Clocks = Clocks(acknowledge="1h", decide="8h", expire="24h")
    low: Clocks = Clocks(acknowledge="4h", decide="24h", expire="72h")


class Level(Spec):
    """Who is asked once a question is handed up; a role, a group, or both."""

    role: Literal["", "manager", "reviewer", "admin"] = "reviewer"
    group: GroupName = ""

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.role and not self.group:
            raise ValueError("name a role, a group, or both")
        return self


class Calls(Spec):
    """After which share of the time to decide people are called, and how often the one on duty again."""

    remind: float = Field(default=0.5, gt=0, le=10)
    escalate: float = Field(default=1.0, gt=0, le=10)
    duty: float = Field(default=1.5, gt=0, le=10)
    repeats: int = Field(default=3, ge=0, le=10)

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if not self.remind < self.escalate <= self.duty:
            raise ValueError("the reminder comes first, then the next level, then the person on duty")
        return self

    def pace(self) -> Pace:
        """Return them for reckoning."""
        return Pace(self.remind, self.escalate, self.duty, self.repeats)


class Duty(Spec):
    """Who is called when nothing else helped: people who take turns by the day or by the week."""

    people: tuple[Username, ...] = Field(default=(), max_length=100)
    turn: Literal["day", "week"] = "week"
    since: date = date(2026, 1, 5)
    zone: Zone = "UTC"

    def rota(self) -> Rota:
        """Return it for reckoning."""
        return Rota(self.people, self.turn, self.since, self.zone)


class Load(Spec):
    """More than one person can look at; from there on others are asked first."""

    decisions_per_hour: int = Field(default=60, ge=1, le=10_000)
    open: int = Field(default=25, ge=1, le=10_000)


class FloodGuard(Spec):
    """More than an agent may ask; one that asks more is paused."""

    requests: int = Field(default=10, ge=1, le=100_000)
    within: Clock = "10m"
    pauses: bool = Field(default=True, description="Pause the agent; otherwise only tell the admins.")

    @property
    def window(self) -> timedelta:
        """Return the time in which requests are counted."""
        return timedelta(seconds=seconds(self.within))


class Rules(Spec):
    """Everything that a queue keeps time by; without a calendar every hour counts."""

    calendars: dict[QueueName, WorkHours] = Field(default_factory=dict, max_length=100)
    clocks: ByBand = ByBand()
    calls: Calls = Calls()
    levels: tuple[Level, ...] = Field(default=(Level(role="reviewer", group="lead"),), min_length=1, max_length=5)
    duty: Duty = Duty()
    load: Load = Load()
    flood: FloodGuard = FloodGuard()
    unattended: bool = Field(
        default=False,
        description="Let what is low in risk and reversible go ahead when nobody answers; no human agreed to it then.",
    )

    @field_validator("levels")
    @classmethod
    def _differ(cls, levels: tuple[Level, ...]) -> tuple[Level, ...]:
        if len(set(levels)) < len(levels):
            raise ValueError("each level is someone else")
        return levels

    def clock(self, band: str) -> Clocks:
        """Return the clocks of a risk."""
        found: Clocks = getattr(self.clocks, band)
        return found

    def hours_of(self, stage: Mapping[str, Any]) -> tuple[str, WorkHours | None]:
        """Return the queue whose hours those keep whom a stage asks: its group's, else its role's, else everybody's."""
        for queue in (f"group:{stage.get('group')}", f"role:{stage.get('role')}", EVERYBODY):
            if queue in self.calendars:
                return queue, self.calendars[queue]
        return EVERYBODY, None

    def calendar(self, stage: Mapping[str, Any], band: str) -> Calendar | None:
        """Return the calendar by which a question's clocks run; None where every hour counts."""
        _, hours = self.hours_of(stage)
        return None if hours is None or band in hours.around_the_clock else hours.calendar()


DEFAULT: Final = Rules()
