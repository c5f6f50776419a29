"""How the queue keeps time: clocks, work hours, turns on duty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.manifest import EVERYBODY, Rules, WorkHours
from coordination.approvals.models import QueueRules
from coordination.engine.timetable.business import DAYS
from coordination.engine.timetable.rota import Rota
from coordination.web.contexts.approval_tabs import CLOCKS, DUTY, HOURS, SETTINGS, settings_tabs, tabs
from coordination.web.contexts.parts import Choice, Problem
from coordination.web.forms.manifest import Filled
from coordination.web.forms.queue_rules import BANDS
from coordination.web.forms.queue_rules import CLOCKS as TIMES
from coordination.web.forms.schema import Field

# How an address names the queue that everybody is in.
ALL: Final = "everybody"
_TURNS: Final = 6
_GROUPS: Final = (
    ("When nobody answers", ("calls.remind", "calls.escalate", "calls.duty", "calls.repeats")),
    ("More than one person can look at", ("load.open", "load.decisions_per_hour")),
    ("An agent that asks too much", ("flood.requests", "flood.within")),
)
_SINGLE: Final = {"When nobody answers": ("levels", "unattended"), "An agent that asks too much": ("flood.pauses",)}


@dataclass(frozen=True, slots=True)
class ClockRow:
    """The clocks of one risk."""

    band: str
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under one heading: short ones side by side, then the others."""

    title: str
    fields: list[Field]
    wide: list[Field]


@dataclass(frozen=True, slots=True)
class ClocksPage:
    """The clocks, the calls, and how much is too much."""

    tabs: list[Choice]
    settings: list[Choice]
    clocks: list[ClockRow]
    sections: list[Section]
    reason: Field
    problems: list[Problem]
    kept: QueueRules | None
    may_edit: bool
    is_default: bool

    @classmethod
    def of(cls, filled: Filled, kept: QueueRules | None, membership: Membership, *, is_default: bool) -> "ClocksPage":
        """Compute the page for one member."""
        fields = filled.fields
        return cls(
            tabs=tabs(SETTINGS),
            settings=settings_tabs(CLOCKS, may_edit=may(membership, Right.OVERSIGHT_EDIT)),
            clocks=[ClockRow(band, [fields[f"{band}.{name}"] for name, _ in TIMES]) for band in BANDS],
            sections=[
                Section(title, [fields[name] for name in names], [fields[name] for name in _SINGLE.get(title, ())])
                for title, names in _GROUPS
            ],
            reason=fields["reason"],
            problems=filled.problems,
            kept=kept if kept and kept.version else None,
            may_edit=may(membership, Right.OVERSIGHT_EDIT),
            is_default=is_default,
        )


@dataclass(frozen=True, slots=True)
class HoursRow:
    """One queue and when its people work."""

    title: str
    link: str
    own: bool
    zone: str
    week: list[str]
    holidays: int
    always: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class HoursPage:
    """When people work, queue by queue."""

    tabs: list[Choice]
    settings: list[Choice]
    rows: list[HoursRow]
    may_edit: bool

    @classmethod
    def of(cls, queues: Sequence[str], rules: Rules, membership: Membership, now: datetime) -> "HoursPage":
        """Compute the page for one member."""
        return cls(
            tabs=tabs(SETTINGS),
            settings=settings_tabs(HOURS, may_edit=may(membership, Right.OVERSIGHT_EDIT)),
            rows=[_row(queue, rules, now) for queue in queues],
            may_edit=may(membership, Right.OVERSIGHT_EDIT),
        )


@dataclass(frozen=True, slots=True)
class HoursFormPage:
    """The work hours of one queue, as a form."""

    title: str
    fields: list[Field]
    days: list[Field]
    problems: list[Problem]
    can_drop: bool

    @classmethod
    def of(cls, filled: Filled, queue: str, rules: Rules) -> "HoursFormPage":
        """Compute the page."""
        return cls(
            title=title_of(queue),
            fields=[field for name, field in filled.fields.items() if name not in DAYS],
            days=[filled.fields[day] for day in DAYS],
            problems=filled.problems,
            can_drop=queue in rules.calendars,
        )


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One turn on duty."""

    person: str
    begins_at: datetime
    ends_at: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class DutyPage:
    """Whose turn it is, and the form of the turns."""

    tabs: list[Choice]
    settings: list[Choice]
    turns: list[TurnRow]
    fields: list[Field]
    problems: list[Problem]
    may_edit: bool

    @classmethod
    def of(cls, filled: Filled, rota: Rota, membership: Membership, now: datetime) -> "DutyPage":
        """Compute the page for one member."""
        turns = rota.turns_from(now, _TURNS)
        return cls(
            tabs=tabs(SETTINGS),
            settings=settings_tabs(DUTY, may_edit=may(membership, Right.OVERSIGHT_EDIT)),
            turns=[TurnRow(turn.person, turn.begins_at, turn.ends_at, no == 0) for no, turn in enumerate(turns)],
            fields=list(filled.fields.values()),
            problems=filled.problems,
            may_edit=may(membership, Right.OVERSIGHT_EDIT),
        )


def title_of(queue: str) -> str:
    """Return in words whose queue it is."""
    kind, _, name = queue.partition(":")
    if queue == EVERYBODY:
        return "Everybody"
    return f"Everyone who is {name}" if kind == "role" else f"Group {name}"


def _row(queue: str, rules: Rules, now: datetime) -> HoursRow:
    own = rules.calendars.get(queue)
    held = own or rules.calendars.get(EVERYBODY)
    return HoursRow(
        title=title_of(queue),
        link=reverse("edit-hours", args=[queue or ALL]),
        own=own is not None,
        zone=held.zone if held else "",
        week=_week(held) if held else [],
        holidays=len(held.holidays) if held else 0,
        always=", ".join(band for band in BANDS if held and band in held.around_the_clock),
        is_open=held.calendar().is_open(now) if held else True,
    )


def _week(hours: WorkHours) -> list[str]:
    """Return the days of a week in words, those with the same hours together."""
    said: list[tuple[str, str, str]] = []
    for day in DAYS:
        told, name = getattr(hours, day) or "nobody", day[:3].capitalize()
        if said and said[-1][2] == told:
            said[-1] = (said[-1][0], name, told)
        else:
            said.append((name, name, told))
    return [f"{first} {told}" if first == last else f"{first} to {last} {told}" for first, last, told in said]
