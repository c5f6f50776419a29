"""How long records are kept, what holds keep longer, and whom records tell about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from coordination.audit import vault
from coordination.audit.models import AuditEvent, AuditHold, AuditRetention, AuditSubject, HoldScope
from coordination.web import words
from coordination.web.contexts import audit_tabs
from coordination.web.contexts.links import place_of
from coordination.web.contexts.parts import Choice, Pager
from coordination.web.contexts.status import Status

_HOLDS = Status("holds", "wait", "paused", "Holds")
_LIFTED = Status("lifted", "idle", "close", "Lifted")
_OVER = Status("over", "idle", "done", "Over")
_KNOWN = Status("known", "run", "person", "Known")
_ERASED = Status("erased", "idle", "close", "Erased")
_YEAR = 365


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One hold."""

    hold: AuditHold
    scope: str
    link: str
    status: Status

    @classmethod
    def of(cls, hold: AuditHold, now: datetime) -> "HoldRow":
        """Return the row."""
        is_over = hold.until is not None and hold.until <= now
        status = _LIFTED if hold.lifted_at else _OVER if is_over else _HOLDS
        link = place_of(hold.value) if hold.scope == HoldScope.STREAM else ""
        return cls(hold, HoldScope(hold.scope).label, link, status)

    @property
    def is_open(self) -> bool:
        """Tell whether it can be lifted."""
        return self.status is _HOLDS


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """One person; their name is for those who may erase it."""

    subject: AuditSubject
    name: str
    about: str
    status: Status

    @classmethod
    def of(cls, subject: AuditSubject, *, may_keep: bool) -> "SubjectRow":
        """Return the row."""
        name = vault.name_of(subject) if may_keep else ""
        runs = words.plural(vars(subject).get("n_streams", 0), "run")
        return cls(subject, name or f"person {words.shortened(str(subject.pk))}", runs, _of(subject))


@dataclass(frozen=True, slots=True)
class Dropped:
    """Records whose bodies were dropped at one time."""

    event: AuditEvent
    said: str

    @classmethod
    def of(cls, event: AuditEvent) -> "Dropped":
        """Say how many."""
        return cls(event, words.plural(int(event.data.get("count", 0)), "record"))


@dataclass(frozen=True, slots=True)
class KeepingPage:
    """Holds, retention and persons."""

    holds: list[HoldRow]
    people: list[SubjectRow]
    pager: Pager
    name: str
    kept: str
    kept_long: str
    dropped: list[Dropped]
    tabs: list[Choice]
    may_keep: bool
    here: str

    @classmethod
    def of(
        cls,
        holds: Iterable[AuditHold],
        people: Iterable[AuditSubject],
        pager: Pager,
        name: str,
        retention: AuditRetention,
        dropped: Sequence[AuditEvent],
        here: str,
        now: datetime,
        *,
        may_keep: bool,
    ) -> "KeepingPage":
        """Compute the page."""
        return cls(
            holds=[HoldRow.of(hold, now) for hold in holds],
            people=[SubjectRow.of(subject, may_keep=may_keep) for subject in people],
            pager=pager,
            name=name,
            kept=in_years(retention.days),
            kept_long=in_years(retention.long_days),
            dropped=[Dropped.of(event) for event in dropped],
            tabs=audit_tabs.tabs(audit_tabs.KEEPING),
            may_keep=may_keep,
            here=here,
        )


def in_years(days: int) -> str:
    """Say days as people do: 3 years, 200 days."""
    return words.plural(days // _YEAR, "year") if days % _YEAR == 0 else words.plural(days, "day")


def _of(subject: AuditSubject) -> Status:
    return _ERASED if subject.erased_at else _KNOWN
