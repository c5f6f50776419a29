"""Where checkpoints are kept besides here, and the logs that are witnessed here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from coordination.audit.models import AnchorKind, AuditAnchor, WitnessedLog
from coordination.audit.selectors import Alarm
from coordination.web import words
from coordination.web.contexts import audit_tabs
from coordination.web.contexts.parts import Choice, Problem
from coordination.web.contexts.status import Status
from coordination.web.forms.schema import Field

_KEPT = Status("kept", "ok", "done", "Kept there")
_NEVER = Status("never", "wait", "waiting", "Not told yet")
_FOLLOWED = Status("followed", "ok", "done", "Consistent")
_UNSEEN = Status("unseen", "wait", "waiting", "Nothing seen yet")


@dataclass(frozen=True, slots=True)
class AlarmView:
    """One thing that somebody should look at."""

    alarm: Alarm
    tone: str

    @classmethod
    def of(cls, alarm: Alarm) -> "AlarmView":
        """Return it."""
        return cls(alarm, "bad" if alarm.is_grave else "wait")


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """One anchor."""

    anchor: AuditAnchor
    kind: str
    status: Status
    holds: str
    can_be_asked: bool

    @classmethod
    def of(cls, anchor: AuditAnchor) -> "AnchorRow":
        """Return the row."""
        can = anchor.kind in (AnchorKind.FILE, AnchorKind.WITNESS)
        holds = words.plural(anchor.size, "record") if anchor.told_at else "nothing"
        return cls(anchor, AnchorKind(anchor.kind).label, _state_of(anchor), holds, can)


@dataclass(frozen=True, slots=True)
class LogRow:
    """A log that is witnessed here."""

    log: WitnessedLog
    status: Status

    @classmethod
    def of(cls, log: WitnessedLog) -> "LogRow":
        """Return the row."""
        status = Status("forked", "bad", "alert", "Forged", log.refused_why) if log.refused_at else _FOLLOWED
        return cls(log, status if log.refused_at or log.seen_at else _UNSEEN)


@dataclass(frozen=True, slots=True)
class AnchorsPage:
    """All anchors, and this organization as a witness."""

    rows: list[AnchorRow]
    logs: list[LogRow]
    alarms: list[AlarmView]
    witness_key: str
    witness_address: str
    tabs: list[Choice]
    may_keep: bool
    here: str

    @classmethod
    def of(
        cls,
        anchors: Iterable[AuditAnchor],
        logs: Iterable[WitnessedLog],
        alarms: Iterable[Alarm],
        witness: tuple[str, str],
        here: str,
        *,
        may_keep: bool,
    ) -> "AnchorsPage":
        """Compute the page; `witness` are the key and the address that others set."""
        return cls(
            rows=[AnchorRow.of(anchor) for anchor in anchors],
            logs=[LogRow.of(log) for log in logs],
            alarms=[AlarmView.of(alarm) for alarm in alarms],
            witness_key=witness[0],
            witness_address=witness[1],
            tabs=audit_tabs.tabs(audit_tabs.ANCHORS),
            may_keep=may_keep,
            here=here,
        )


@dataclass(frozen=True, slots=True)
class KeepingForm:
    """A form of this part of the log: what it is called, what it says before, and its button."""

    title: str
    text: str
    button: str
    fields: Sequence[Field]
    problems: list[Problem]
    back: str
    back_title: str
    tone: str = ""

    @classmethod
    def about_anchors(
        cls, title: str, text: str, button: str, filled: "tuple[Mapping[str, Field], list[Problem]]", tone: str = ""
    ) -> "KeepingForm":
        """Return a form that leads back to the anchors."""
        fields, problems = filled
        back = reverse("audit-anchors")
        return cls(title, text, button, list(fields.values()), problems, back, "Anchors", tone)

    @classmethod
    def about_keeping(
        cls, title: str, text: str, button: str, filled: "tuple[Mapping[str, Field], list[Problem]]", tone: str = ""
    ) -> "KeepingForm":
        """Return a form that leads back to holds and retention."""
        fields, problems = filled
        back = reverse("audit-keeping")
        return cls(title, text, button, list(fields.values()), problems, back, "Holds & retention", tone)


@dataclass(frozen=True, slots=True)
class SecretPage:
    """The secret of a webhook, shown once."""

    anchor: AuditAnchor
    secret: str


def _state_of(anchor: AuditAnchor) -> Status:
    if anchor.failing_since:
        return Status("failing", "bad", "failed", "Fails", anchor.problem)
    return _KEPT if anchor.told_at else _NEVER
