"""Monitors of decisions: what they found between groups, and in which state they are."""

from collections.abc import Mapping
from typing import Any

from coordination.bias.findings import shown
from coordination.bias.models import BiasMonitor, Look, MonitorState
from coordination.bias.selectors import monitors, planned_looks_of
from coordination.reports.dossier import Evidence, Fact, Picture, Scope, Table
from coordination.reports.evidence import words
from coordination.reports.evidence.drawing import intervals

KINDS = frozenset(
    f"Bias{what}"
    for what in (
        "MonitorSaved", "MonitorRemoved", "StateChanged", "Acknowledged", "Mitigated", "PeriodEnded",
        "DecisionsPosted", "OutcomesPosted", "ProbeStarted", "ProbeEnded",
    )
)  # fmt: skip
_COLUMNS = ("Monitor", "Attribute", "Group", "Against", "Decisions", "Favourable", "Difference", "Interval", "Standing")
_DRAWN = 24


def collect(scope: Scope) -> Evidence:
    """List monitors with what their last look found, and how their periods ended."""
    found = list(monitors(scope.organization))
    rows: list[tuple[BiasMonitor, Mapping[str, Any]]] = [
        (monitor, shown(finding)) for monitor in found for finding in monitor.findings
    ]
    ended = [
        (monitor, look)
        for monitor in found
        for look in planned_looks_of(monitor).filter(at__gte=scope.since, at__lt=scope.until)
    ]
    thin = [one.name for one in found if one.state == MonitorState.INSUFFICIENT]
    drawn = [
        (f"{monitor.name}: {one['group']}", one["difference"], one["low"], one["high"], f"n = {one['own']['n']}")
        for monitor, one in rows
        if None not in (one["difference"], one["low"], one["high"])
    ]
    gaps = [] if found else ["No decision is watched for bias: no monitor is set up."]
    if thin:
        gaps.append(f"Too few decisions to say anything: {', '.join(thin)}.")
    return Evidence(
        title="Bias",
        says="Each monitor compares how often decisions are favourable between groups. Its intervals hold however "
        "often one looks (mSPRT). Characteristics of people are kept apart and are not in this pack; of a group of "
        "fewer than five only the number is said.",
        facts=(
            Fact("Monitors", words.count(len(found))),
            Fact("in breach", words.count(sum(one.state == MonitorState.BREACH for one in found))),
            Fact("to be watched", words.count(sum(one.state == MonitorState.WATCH for one in found))),
            Fact("State changes in the period", words.count(scope.counts.get("BiasStateChanged", 0))),
        ),
        tables=(
            Table("Monitors", ("Monitor", "State", "Since", "Decisions", "What people said"), [
                (one.title or one.name, str(one.get_state_display()), words.moment(one.state_at), words.count(one.n),
                 f"{one.note} ({one.noted_by})" if one.note else words.NOTHING)
                for one in found
            ], none="No monitor is set up."),
            Table("What the last look found", _COLUMNS, [_row(monitor, one) for monitor, one in rows]),
            Table("Periods that ended", ("Monitor", "Period", "Ended", "Decisions", "Standing"), [
                _period(monitor, look) for monitor, look in ended
            ]),
        ),
        pictures=[
            Picture(
                "Difference of favourable decisions between groups",
                "For each group a point for the difference to the group it is compared with, and a line for the "
                "interval that holds while one keeps looking.",
                intervals(drawn[:_DRAWN], -0.5, 0.5),
            )
        ] if drawn else [],
        kinds=KINDS,
        gaps=gaps,
    )  # fmt: skip


def _row(monitor: BiasMonitor, one: Mapping[str, Any]) -> tuple[str, ...]:
    own, difference = one["own"], one["difference"]
    is_told = difference is not None
    return (
        monitor.name,
        str(one["attribute"]),
        str(one["group"]),
        str(one["against"]),
        words.count(own["n"]),
        words.share(own["favourable"], own["n"]) if own["favourable"] is not None else words.NOTHING,
        f"{100 * difference:+.1f} points" if is_told else words.NOTHING,
        words.between(one["low"], one["high"]) if is_told and one["low"] is not None else words.NOTHING,
        str(one["standing"]),
    )


def _period(monitor: BiasMonitor, look: Look) -> tuple[str, ...]:
    return monitor.name, str(look.period), words.moment(look.at), words.count(look.n), look.standing
