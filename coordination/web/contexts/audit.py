"""The record: its list with the filters, and where the log stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from coordination.audit.models import AuditCheck, AuditEvent
from coordination.audit.selectors import MOST_COUNTED, Alarm, Found, Placed, Standing
from coordination.web import words
from coordination.web.contexts import audit_tabs
from coordination.web.contexts.audit_anchors import AlarmView
from coordination.web.contexts.parts import Choice, Pager
from coordination.web.contexts.status import Status
from coordination.web.forms.audit import AuditFilters

# A record that waits longer than this waits for a sealer that does not work.
LATE_S = 60
DECISIONS = {
    "allow": "allowed",
    "deny": "denied",
    "require_approval": "a person had to agree",
    "approve": "approved by a person",
    "edit": "edited and approved",
    "reject": "rejected by a person",
    "request_info": "more was asked",
    "delegate": "handed to another",
    "escalate": "escalated",
}
WAITS = Status("waits", "wait", "waiting", "Not sealed yet", "It is sealed within seconds, in the next checkpoint.")


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One record in a list."""

    event: AuditEvent
    link: str
    said: str
    about: str
    status: Status
    sealed_link: str

    @classmethod
    def of(cls, placed: Placed) -> "AuditRow":
        """Return the row."""
        event = placed.event
        link = reverse("audit-event", args=[event.id])
        about = readable(event.object or event.stream)
        return cls(event, link, words.event(event.kind), about, seal_of(placed), checkpoint_link(placed.checkpoint))


@dataclass(frozen=True, slots=True)
class Seal:
    """How far the log is sealed, in words."""

    status: Status
    facts: list[str]
    checked: Status | None
    checked_at: datetime | None

    @classmethod
    def of(cls, standing: Standing, now: datetime) -> "Seal":
        """Say it; what is not sealed or was never checked is said too."""
        checkpoint, check = standing.checkpoint, standing.check
        facts = []
        if checkpoint:
            facts.append(f"{words.plural(checkpoint.size, 'record')} in checkpoint {words.count(checkpoint.number)}")
        more = "more than " if standing.n_waiting == MOST_COUNTED else ""
        if standing.n_waiting:
            wait = "waits" if standing.n_waiting == 1 else "wait"
            facts.append(f"{more}{words.plural(standing.n_waiting, 'record')} {wait} to be sealed")
        return cls(_seal_status(standing, now), facts, _check_status(check), check.finished_at if check else None)


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a filter."""

    value: str
    title: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class AuditPage:
    """The list of records with its filters."""

    rows: list[AuditRow]
    pager: Pager
    filters: AuditFilters
    here: str
    kinds: list[str]
    actors: list[str]
    decisions: list[Option]
    seal: Seal
    tabs: list[Choice]
    exports: list[Choice]
    looked_to: datetime | None
    alarms: list[AlarmView]

    @classmethod
    def of(
        cls,
        found: Found,
        standing: Standing,
        filters: AuditFilters,
        here: str,
        now: datetime,
        alarms: Iterable[Alarm],
    ) -> "AuditPage":
        """Compute the page; what it offers to filter by is what it shows."""
        typed = filters.typed
        return cls(
            rows=[AuditRow.of(placed) for placed in found.rows],
            pager=_pager(found, filters),
            filters=filters,
            here=here,
            kinds=sorted({placed.event.kind for placed in found.rows}),
            actors=sorted({placed.event.actor for placed in found.rows}),
            decisions=[Option(value, title, value == typed["decision"]) for value, title in DECISIONS.items()],
            seal=Seal.of(standing, now),
            tabs=audit_tabs.tabs(audit_tabs.RECORDS),
            exports=[
                Choice(title, f"{reverse('audit-export')}?{_query(filters, format=form)}")
                for title, form in (("NDJSON", "ndjson"), ("CSV", "csv"))
            ],
            looked_to=found.looked_to,
            alarms=[AlarmView.of(alarm) for alarm in alarms],
        )


def seal_of(placed: Placed) -> Status:
    """Return the badge of a record: in which checkpoint it is sealed, or that it is not yet."""
    if placed.checkpoint is None:
        return WAITS
    return Status("sealed", "ok", "approvals", f"checkpoint {words.count(placed.checkpoint)}")


def checkpoint_link(number: int | None) -> str:
    """Return the address of a checkpoint, "" for none."""
    return reverse("audit-checkpoint", args=[number]) if number else ""


def readable(thing: str) -> str:
    """Shorten the identifiers in what a record is about: run:0199…4f/step:send → run 0199…4f, step send."""
    said = []
    for part in thing.split("/"):
        kind, _, name = part.partition(":")
        said.append(f"{kind} {words.shortened(name) if len(name) == 36 else name}".strip())
    return ", ".join(said)


def _pager(found: Found, filters: AuditFilters) -> Pager:
    newer = f"?{_query(filters, after=found.newer)}" if found.newer else ""
    older = f"?{_query(filters, before=found.older)}" if found.older else ""
    return Pager(newer, older, on="Look further back" if found.looked_to else "Older")


def _query(filters: AuditFilters, **more: str) -> str:
    return urlencode({name: value for name, value in filters.typed.items() if value} | more)


def _seal_status(standing: Standing, now: datetime) -> Status:
    if standing.waiting_since and (now - standing.waiting_since).total_seconds() > LATE_S:
        since = words.when(standing.waiting_since, now)
        return Status("late", "bad", "alert", "Sealing is late", f"The oldest record that waits was written {since}.")
    if standing.checkpoint is None:
        return Status("none", "idle", "idle", "Nothing is sealed yet")
    return Status("sealed", "ok", "approvals", "Sealed")


def _check_status(check: AuditCheck | None) -> Status | None:
    if check is None:
        return None
    if check.problem:
        return Status("broken", "bad", "alert", "Found changed", check.problem)
    return Status("whole", "ok", "done", "All verified")
