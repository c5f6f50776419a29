"""What a counterfactual probe found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coordination.bias.models import Probe, ProbeStatus
from coordination.web import words
from coordination.web.contexts.bias_picture import points
from coordination.web.contexts.status import Status
from coordination.web.templatetags.ui import readable

STATES = {
    ProbeStatus.QUEUED: Status("queued", "idle", "waiting", "Queued"),
    ProbeStatus.RUNNING: Status("running", "run", "running", "Asking"),
    ProbeStatus.FINISHED: Status("finished", "ok", "done", "Done"),
    ProbeStatus.FAILED: Status("failed", "bad", "failed", "Failed"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What an agent answered about a person of one group."""

    group: str
    text: str
    is_favourable: bool


@dataclass(frozen=True, slots=True)
class ProbeView:
    """A probe as its monitor's page shows it."""

    probe: Probe
    status: Status
    verdict: str
    tone: str
    facts: list[str]
    groups: list[tuple[str, str, str]]
    cases: list[list[Said]]

    @classmethod
    def of(cls, probe: Probe) -> "ProbeView":
        """Return the view."""
        report: Mapping[str, Any] = probe.report or {}
        n, changed = report.get("n", 0), report.get("changed", 0)
        return cls(
            probe=probe,
            status=STATES[ProbeStatus(probe.status)],
            verdict=_verdict(report) if report else "",
            tone="bad" if changed else "ok" if n else "idle",
            facts=_facts(report),
            groups=[
                (name, f"{one['favourable']} of {one['n']}", f"{points(one['low'])}–{points(one['high'])}%")
                for name, one in report.get("groups", {}).items()
            ],
            cases=[
                [Said(group, readable(case["inputs"][group]), good) for group, good in case["favourable"].items()]
                for case in report.get("cases", [])
            ],
        )


def _verdict(report: Mapping[str, Any]) -> str:
    n, changed = report["n"], report["changed"]
    if not n:
        return "No input could be compared."
    share = f"{points(report['low'])}–{points(report['high'])}%"
    return f"The answer turned for {changed} of {words.plural(n, 'input')} ({share} by Wilson's interval)."


def _facts(report: Mapping[str, Any]) -> list[str]:
    told = [
        (report.get("asked"), "call", "calls"),
        (report.get("skipped"), "input that names no group", "inputs that name no group"),
        (report.get("failed"), "input without an answer", "inputs without an answer"),
    ]
    return [words.plural(number, one, many) for number, one, many in told if number]
