"""Triggers: the list, one with its next times and what it did, and the form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.engine.flow.state import RunStatus
from coordination.engine.timetable import Timetable
from coordination.engine.timetable.cron import Cron
from coordination.triggers.definition import TIMED, Kind, timetable_of
from coordination.triggers.models import Firing, FiringState, Trigger, TriggerStatus
from coordination.web import words
from coordination.web.contexts.parts import Pager
from coordination.web.contexts.status import RUNS, Status

N_TIMES = 5
ACTIVE = Status("active", "ok", "done", "Active")
PAUSED = Status("paused", "idle", "paused", "Paused")
FAILING = Status("failing", "bad", "failed", "Last time refused")
STATES = {
    FiringState.STARTED: Status("started", "ok", "done", "Started"),
    FiringState.QUEUED: Status("queued", "wait", "waiting", "Queued"),
    FiringState.SKIPPED: Status("skipped", "idle", "skipped", "Skipped"),
    FiringState.REFUSED: Status("refused", "bad", "failed", "Refused"),
}
KINDS = {
    Kind.CRON: "by the clock",
    Kind.INTERVAL: "every so often",
    Kind.WEBHOOK: "when it is called",
    Kind.RUN_END: "when a run ends",
}
OVERLAPS = {
    "allow": "both go on",
    "skip": "the new one is skipped",
    "queue": "one waits until it has ended",
    "cancel-previous": "it is cancelled",
}
CATCH_UPS = {"skip": "are skipped", "last": "the last is made up for", "all": "all are made up for"}


@dataclass(frozen=True, slots=True)
class Time:
    """A moment by the clock of the trigger's own time zone."""

    moment: datetime
    local: str


@dataclass(frozen=True, slots=True)
class FiringRow:
    """One time, and what came of it."""

    firing: Firing
    status: Status
    local: str
    run: str

    @classmethod
    def of(cls, firing: Firing, zone: ZoneInfo) -> "FiringRow":
        """Return the row; once a run was started, the run's state says more."""
        run = reverse("run", args=[firing.run_id]) if firing.run_id else ""
        return cls(firing, _became(firing), local(firing.due_at, zone), run)


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """One trigger in the list."""

    trigger: Trigger
    link: str
    status: Status
    when: str
    last: Status | None

    @classmethod
    def of(cls, trigger: Trigger, last: Firing | None) -> "TriggerRow":
        """Return the row."""
        link = reverse("trigger", args=[trigger.name])
        return cls(trigger, link, status_of(trigger, last), when(trigger), _became(last) if last else None)

    @property
    def next_at(self) -> datetime | None:
        """Return when it is due; only what follows a timetable knows."""
        return self.trigger.next_at if self.trigger.kind in TIMED else None


@dataclass(frozen=True, slots=True)
class TriggersPage:
    """The list of triggers."""

    rows: list[TriggerRow]
    pager: Pager
    here: str
    may_edit: bool

    @classmethod
    def of(
        cls, triggers: Sequence[Trigger], pager: Pager, last: Mapping[UUID, Firing], membership: Membership, here: str
    ) -> "TriggersPage":
        """Compute the list for one member."""
        rows = [TriggerRow.of(one, last.get(one.pk)) for one in triggers]
        return cls(rows, pager, here, may(membership, Right.TRIGGER_EDIT))


@dataclass(frozen=True, slots=True)
class TriggerPage:
    """One trigger."""

    trigger: Trigger
    status: Status
    here: str
    kind: str
    when: str
    facts: list[tuple[str, str]]
    times: list[Time]
    hook: str
    rows: list[FiringRow]
    pager: Pager
    overlap: str
    catch_up: str
    may_edit: bool
    may_fire: bool
    is_paused: bool

    @classmethod
    def of(
        cls, trigger: Trigger, firings: Sequence[Firing], pager: Pager, membership: Membership, here: str, hook: str
    ) -> "TriggerPage":
        """Compute the page for one member."""
        zone = zone_of(trigger.spec)
        is_paused = trigger.status == TriggerStatus.PAUSED
        timetable = None if is_paused else timetable_of(trigger.kind, trigger.spec)
        return cls(
            trigger=trigger,
            status=status_of(trigger, firings[0] if firings and not pager.previous else None),
            here=here,
            kind=KINDS[Kind(trigger.kind)],
            when=when(trigger),
            facts=_facts(trigger),
            times=next_times(timetable, trigger.next_at, zone),
            hook=hook if trigger.kind == Kind.WEBHOOK else "",
            rows=[FiringRow.of(firing, zone) for firing in firings],
            pager=pager,
            overlap=OVERLAPS[trigger.overlap],
            catch_up=CATCH_UPS[trigger.catch_up] if trigger.kind in TIMED else "",
            may_edit=may(membership, Right.TRIGGER_EDIT),
            may_fire=may(membership, Right.RUN_START),
            is_paused=is_paused,
        )


def status_of(trigger: Trigger, last: Firing | None) -> Status:
    """Return how a trigger is doing."""
    if trigger.status == TriggerStatus.PAUSED:
        return PAUSED
    return FAILING if last is not None and last.state == FiringState.REFUSED else ACTIVE


def when(trigger: Trigger) -> str:
    """Say what a trigger waits for."""
    spec = trigger.spec
    match trigger.kind:
        case Kind.CRON:
            return f"{Cron(spec['cron']).in_words()}, {spec['time_zone']}"
        case Kind.INTERVAL:
            return f"Every {spec['every']}"
        case Kind.RUN_END:
            return f"After a run of {spec['workflow']}: {', '.join(spec['statuses'])}"
    return f"When it is called, up to {words.plural(spec['per_minute'], 'time')} a minute"


def next_times(timetable: Timetable | None, first: datetime | None, zone: ZoneInfo) -> list[Time]:
    """Return the next times from the first on."""
    if timetable is None:
        return []
    return [Time(moment, local(moment, zone)) for moment in islice(_from(timetable, first), N_TIMES)]


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Say a moment by the clock of a time zone: "Mon 23 Nov 2026, 09:00 CET"."""
    there = moment.astimezone(zone)
    seconds = f"{there:%S}"
    return f"{there:%a} {there.day} {there:%b %Y, %H:%M}{'' if seconds == '00' else ':' + seconds} {there:%Z}"


def zone_of(spec: Mapping[str, Any]) -> ZoneInfo:
    """Return the time zone of a trigger."""
    return ZoneInfo(spec.get("time_zone") or "UTC")


def _from(timetable: Timetable, moment: datetime | None) -> Iterator[datetime]:
    while moment is not None:
        yield moment
        moment = timetable.after(moment)


def _became(firing: Firing) -> Status:
    run_status = getattr(firing, "run_status", None)
    return RUNS[RunStatus(run_status)] if run_status else STATES[FiringState(firing.state)]


def _facts(trigger: Trigger) -> list[tuple[str, str]]:
    """Return what the kind is made of."""
    spec = trigger.spec
    match trigger.kind:
        case Kind.CRON:
            return [("Cron", spec["cron"]), ("Time zone", spec["time_zone"])]
        case Kind.INTERVAL:
            return [("From", local(datetime.fromisoformat(spec["start"]), ZoneInfo("UTC")))]
    return []
