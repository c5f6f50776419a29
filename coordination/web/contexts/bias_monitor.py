"""One bias monitor: how groups compare, how sure that is, what became of it, and what people said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.audit.models import AuditEvent
from coordination.bias.findings import LEAST_SHOWN, shown
from coordination.bias.manifest import MonitorSpec
from coordination.bias.models import BiasMonitor, Look, MonitorState, Probe
from coordination.bias.states import ALARMS, ANSWERABLE, is_held
from coordination.engine.trust.bias import OTHERS, Standing
from coordination.web import words
from coordination.web.contexts.bias import STATES, ends, watches
from coordination.web.contexts.bias_picture import Course, Interval, Scale, between, points, rate, ratio
from coordination.web.contexts.bias_probe import ProbeView
from coordination.web.contexts.parts import Choice
from coordination.web.contexts.risk_tabs import BIAS, tabs
from coordination.web.contexts.status import Status

STANDINGS = {standing: STATES[MonitorState(standing.value)] for standing in Standing}


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One comparison of the last look."""

    attribute: str
    group: str
    against: str
    status: Status
    own: str
    own_n: str
    other: str
    difference: str
    interval: str
    ratio: str
    note: str
    picture: Interval | None
    link: str

    @classmethod
    def of(cls, finding: Mapping[str, Any], scale: Scale, spec: MonitorSpec) -> "GroupRow":
        """Return the row; what cannot be said is said to be so."""
        own, other = finding["own"], finding["other"]
        return cls(
            attribute=finding["attribute"],
            group=finding["group"],
            against=finding["against"],
            status=STANDINGS[Standing(finding["standing"])],
            own=rate(own),
            own_n=words.count(own["n"]),
            other=f"{rate(other)} of {words.count(other['n'])}",
            difference=points(finding["difference"]),
            interval=between(finding["low"], finding["high"]),
            ratio=ratio(finding["ratio"]),
            note=_lacks(own["n"], other["n"], finding["against"], spec.least) or _earlier(finding),
            picture=Interval.of(finding, scale),
            link=f"?group={finding['attribute']}={finding['group']}",
        )


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """How a period ended."""

    look: Look
    status: Status
    worst: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """An attribute in the fixed report."""

    name: str
    parity_difference: str
    parity_ratio: str
    odds: str
    odds_n: str
    unknown: str
    groups: list[tuple[str, str, str, str, str]]


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened to the monitor."""

    what: str
    said: str
    note: str
    at: datetime

    @classmethod
    def of(cls, event: AuditEvent) -> "Told":
        """Return what a record says, in words."""
        data = event.data
        who = f"by {event.actor.partition(':')[2]}"
        match event.kind:
            case "BiasStateChanged":
                before, after = (STATES[MonitorState(str(data[name]))].word for name in ("before", "after"))
                how = " at the end of the period" if data["planned"] else ""
                said = f"{words.plural(int(str(data['n'])), 'decision')}{how}, before: {before}"
                return cls(after, said, "", event.occurred_at)
            case "BiasPeriodEnded":
                standing = STANDINGS[Standing(str(data["standing"]))].word
                return cls(f"Period {data['period']} ended", standing, "", event.occurred_at)
            case "BiasMonitorSaved":
                return cls(f"Version {data['version']} saved", who, "", event.occurred_at)
        return cls(event.kind.removeprefix("Bias"), who, str(data.get("note", "")), event.occurred_at)


@dataclass(frozen=True, slots=True)
class MonitorPage:
    """One monitor."""

    monitor: BiasMonitor
    tabs: list[Choice]
    status: Status
    here: str
    watches: str
    ends: str
    held: str
    rows: list[GroupRow]
    scale: str
    margin: str
    course: Course | None
    periods: list[PeriodRow]
    report: list[ReportRow]
    report_at: datetime | None
    library: str
    together: list[tuple[str, str, str, str]]
    history: list[Told]
    probe: ProbeView | None
    has_probe: bool
    late: int
    is_alarm: bool
    may_edit: bool
    may_acknowledge: bool
    may_mitigate: bool
    asks: str
    allowance: str
    problem: str

    @classmethod
    def of(
        cls,
        monitor: BiasMonitor,
        looks: Sequence[Look],
        periods: Sequence[Look],
        history: Sequence[AuditEvent],
        probe: Probe | None,
        late: int,
        membership: Membership,
        here: str,
        chosen: str = "",
        problem: str = "",
    ) -> "MonitorPage":
        """Compute the page for one member; `chosen` names the group whose course is drawn."""
        spec = MonitorSpec.model_validate(monitor.spec)
        findings = [shown(one) for one in monitor.findings]
        scale = Scale.of(findings, spec.margin)
        may_edit = may(membership, Right.BIAS_EDIT)
        held = is_held(monitor)
        return cls(
            monitor=monitor,
            tabs=tabs(BIAS),
            status=STATES[MonitorState(monitor.state)],
            here=here,
            watches=watches(spec),
            ends=ends(monitor, spec),
            held=_held(spec) if held else "",
            rows=[GroupRow.of(one, scale, spec) for one in findings],
            scale=scale.said,
            margin=points(spec.margin),
            course=_course(looks, findings, spec, chosen),
            periods=[_period(look) for look in periods],
            report=_report(monitor.report),
            report_at=datetime.fromisoformat(monitor.report["at"]) if monitor.report else None,
            library=str(monitor.report.get("library", "")),
            together=_together(monitor.report),
            history=[Told.of(event) for event in history],
            probe=ProbeView.of(probe) if probe else None,
            has_probe=spec.probe is not None,
            late=late,
            is_alarm=monitor.state in ANSWERABLE,
            may_edit=may_edit,
            may_acknowledge=may_edit and monitor.state in ALARMS,
            may_mitigate=may_edit and monitor.state in ANSWERABLE,
            asks=_asks(spec),
            allowance=words.percent(spec.alpha),
            problem=problem,
        )


def _course(
    looks: Sequence[Look], findings: Sequence[Mapping[str, Any]], spec: MonitorSpec, chosen: str
) -> Course | None:
    """Draw the chosen group, or the one that stands worst."""
    ordered = sorted(findings, key=lambda one: (-Standing(one["standing"]).rank, -(one["difference"] or 0)))
    keys = [(one["attribute"], one["group"]) for one in ordered]
    picked = [key for key in keys if "=".join(key) == chosen] or keys
    return next((drawn for key in picked if (drawn := Course.of(looks, key, spec.margin)) is not None), None)


def _lacks(own: int, other: int, against: str, least: int) -> str:
    if not own:
        return "never seen"
    if own < least:
        return f"{own} of {least} decisions needed"
    if other < least:
        whom = "everybody else" if against == OTHERS else against
        return f"{other} of {least} decisions of {whom} needed"
    return ""


def _earlier(finding: Mapping[str, Any]) -> str:
    """Say that an alarm was raised by an earlier look where the present interval would raise none."""
    is_alarm = Standing(finding["standing"]).rank >= Standing.WATCH.rank
    return "found by an earlier look of this period" if is_alarm and (finding["low"] or 0) <= 0 else ""


def _held(spec: MonitorSpec) -> str:
    decision = spec.decision
    return f"the step {decision.step} of {decision.workflow}" if decision.step else f"calls of {decision.tool}"


def _asks(spec: MonitorSpec) -> str:
    asked = spec.on_breach.require_approval
    if asked is None:
        return "raises an alarm"
    who = f"a {asked.role}" + (f" in {asked.group}" if asked.group else "")
    return f"lets {_held(spec)} wait for {who if asked.n_required == 1 else f'{asked.n_required} people: {who}'}"


def _period(look: Look) -> PeriodRow:
    found = [one for one in look.findings if one["low"] is not None]
    worst = max(found, key=lambda one: one["difference"] or 0, default=None)
    said = (
        f"{worst['group']}: {points(worst['difference'])} points lower, ratio {ratio(worst['ratio'])}" if worst else ""
    )
    return PeriodRow(look, STANDINGS[Standing(look.standing)], said)


def _report(report: Mapping[str, Any]) -> list[ReportRow]:
    unknown = report.get("unknown", {})
    return [
        ReportRow(
            name=name,
            parity_difference=points(about["parity"]["difference"]) if about["parity"] else "–",
            parity_ratio=ratio(about["parity"]["ratio"]) if about["parity"] else "–",
            odds=points(about["odds"]["difference"]) if about["odds"] else "–",
            odds_n=words.plural(about["odds"]["n"], "outcome") if about["odds"] else "no outcomes",
            unknown=words.count(unknown.get(name, 0)),
            groups=[_group(group, one, about["odds"]) for group, one in about["groups"].items()],
        )
        for name, about in report.get("attributes", {}).items()
    ]


def _group(name: str, one: Mapping[str, Any], odds: Mapping[str, Any] | None) -> tuple[str, str, str, str, str]:
    """Return a group: its number, its rate with Wilson's interval, and how often it is wrongly refused or accepted."""
    if one["n"] < LEAST_SHOWN:
        return name, words.count(one["n"]), "–", "–", "–"
    errors = (odds or {}).get("groups", {}).get(name)
    rates = tuple(_interval(errors[part]) if errors else "–" for part in ("tpr", "fpr"))
    return name, words.count(one["n"]), _interval(one), rates[0], rates[1]


def _interval(one: Mapping[str, Any]) -> str:
    return f"{words.percent(round(one['rate'], 3))} ({points(one['low'])}–{points(one['high'])})"


def _together(report: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (names, group, words.count(one["n"]), words.percent(round(one["favourable"] / one["n"], 3)))
        for names, groups in report.get("together", {}).items()
        for group, one in groups.items()
    ]
