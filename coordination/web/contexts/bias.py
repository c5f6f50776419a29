"""Bias monitors: the list, and what is known of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.bias.findings import shown
from coordination.bias.manifest import MonitorSpec
from coordination.bias.models import BiasMonitor, MonitorState
from coordination.bias.states import is_held
from coordination.web import words
from coordination.web.contexts.bias_picture import Interval, Scale, between, points, ratio
from coordination.web.contexts.parts import Choice, Pager, Problem
from coordination.web.contexts.risk_tabs import BIAS, tabs
from coordination.web.contexts.status import Status
from coordination.web.forms.schema import Field

STATES = {
    MonitorState.INSUFFICIENT: Status("insufficient", "idle", "idle", "Too few decisions"),
    MonitorState.NO_EVIDENCE: Status("no-evidence", "ok", "done", "No evidence of bias"),
    MonitorState.WATCH: Status("watch", "wait", "alert", "Watch"),
    MonitorState.BREACH: Status("breach", "bad", "alert", "Breach"),
    MonitorState.ACKNOWLEDGED: Status("acknowledged", "human", "person", "Acknowledged"),
    MonitorState.MITIGATED: Status("mitigated", "human", "check", "Mitigated"),
}
_ORDER = ("insufficient", "no-evidence", "watch", "breach")


@dataclass(frozen=True, slots=True)
class MonitorRow:
    """One monitor in the list."""

    monitor: BiasMonitor
    link: str
    status: Status
    watches: str
    by: str
    is_held: bool
    worst: str
    worst_of: str
    picture: Interval | None
    ends: str

    @classmethod
    def of(cls, monitor: BiasMonitor) -> "MonitorRow":
        """Return the row; the group that stands worst speaks for all."""
        spec = MonitorSpec.model_validate(monitor.spec)
        found = [shown(one) for one in monitor.findings if one["low"] is not None and one["difference"] is not None]
        worst = max(found, key=lambda one: (_ORDER.index(str(one["standing"])), one["difference"]), default=None)
        return cls(
            monitor=monitor,
            link=reverse("bias-monitor", args=[monitor.name]),
            status=STATES[MonitorState(monitor.state)],
            watches=watches(spec),
            by=", ".join(one.name for one in spec.attributes),
            is_held=is_held(monitor),
            worst=f"{points(worst['difference'])} points lower" if worst else "",  # type: ignore[arg-type]
            worst_of=f"{worst['group']} · ratio {ratio(worst['ratio'])}" if worst else "",  # type: ignore[arg-type]
            picture=Interval.of(worst, Scale.of([worst], spec.margin)) if worst else None,
            ends=ends(monitor, spec),
        )


@dataclass(frozen=True, slots=True)
class KnownRow:
    """An attribute, and of how many people it is known."""

    name: str
    people: str
    groups: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BiasPage:
    """The list of monitors."""

    tabs: list[Choice]
    rows: list[MonitorRow]
    pager: Pager
    known: list[KnownRow]
    here: str
    may_edit: bool
    may_know: bool

    @classmethod
    def of(
        cls,
        monitors: Sequence[BiasMonitor],
        pager: Pager,
        known: Sequence[tuple[str, int, int, datetime]],
        membership: Membership,
        here: str,
    ) -> "BiasPage":
        """Compute the list for one member."""
        rows = [MonitorRow.of(one) for one in monitors]
        return cls(
            tabs=tabs(BIAS),
            rows=rows,
            pager=pager,
            known=[known_row(one) for one in known],
            here=here,
            may_edit=may(membership, Right.BIAS_EDIT),
            may_know=may(membership, Right.BIAS_ATTRIBUTES),
        )


@dataclass(frozen=True, slots=True)
class AttributesPage:
    """What is known of people, and the forms that add to it and take from it."""

    tabs: list[Choice]
    known: list[KnownRow]
    fields: dict[str, Field]
    problems: list[Problem]


def known_row(row: tuple[str, int, int, datetime]) -> KnownRow:
    """Return an attribute as the pages show it."""
    name, people, groups, at = row
    return KnownRow(name, words.plural(people, "person", "people"), words.plural(groups, "group"), at)


def watches(spec: MonitorSpec) -> str:
    """Say which decisions a monitor is about."""
    decision = spec.decision
    if decision.step:
        return f"{decision.workflow} · {decision.step}"
    return f"decisions about {decision.tool}, posted" if decision.tool else "decisions posted by the API"


def ends(monitor: BiasMonitor, spec: MonitorSpec) -> str:
    """Say when the period ends with its planned look."""
    if spec.period_decisions is not None:
        return f"after {words.plural(spec.period_decisions, 'decision')}"
    if monitor.period_began_at is None:
        return ""
    end = monitor.period_began_at + timedelta(days=spec.period_days)
    return f"on {end.day} {end:%b %Y}"


__all__ = ["STATES", "AttributesPage", "BiasPage", "MonitorRow", "between", "ends", "known_row", "watches"]
