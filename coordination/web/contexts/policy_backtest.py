"""What a version would have done to stored decisions: the flip matrix, who is hit, what it costs people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from coordination.policies.models import Backtest, BacktestStatus, PolicyVersion
from coordination.web import words
from coordination.web.contexts.policy_words import OUTCOMES
from coordination.web.contexts.status import VERDICTS, Status

STEPS = ("allow", "require_approval", "deny")
SAMPLES_SHOWN = 20
_TONES = {"allow": ("ok", "done"), "require_approval": ("wait", "person"), "deny": ("bad", "stopped")}
_ENDS = {
    BacktestStatus.FAILED: "It failed: {}",
    BacktestStatus.CANCELLED: "It was stopped.",
    BacktestStatus.LOST: "Its worker died, and it was not finished.",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """How many decisions went from one outcome to another; those that flipped stand out."""

    n: str
    status: Status | None


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """What became of all decisions with one outcome."""

    before: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Hit:
    """An agent or an action that would have been decided about otherwise."""

    name: str
    stricter: str
    looser: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One decision that would have come out otherwise."""

    at: datetime | None
    about: str
    before: Status
    after: Status
    why: str
    link: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a finished backtest found."""

    note: str
    before: str
    after: str
    matrix: list[MatrixRow]
    more: str
    forecast: str
    passes: str
    loosens: bool
    agents: list[Hit]
    actions: list[Hit]
    samples: list[Sample]
    caveats: list[str]

    @classmethod
    def of(cls, backtest: Backtest) -> "Report":
        """Return the report in words."""
        found: Mapping[str, Any] = backtest.report or {}
        more, forecast = _forecast(found["approvals"])
        note = [f"last {words.days(found['days'])}", words.plural(found["n"], "decision"), *_took(backtest)]
        samples = [*found["samples"]["looser"], *found["samples"]["stricter"]]
        return cls(
            note=" · ".join(note),
            before=f"v{backtest.against}" if backtest.against else "today",
            after=f"v{backtest.version.number}",
            matrix=[_row(found["matrix"], before) for before in STEPS],
            more=more,
            forecast=forecast,
            passes=_passes(backtest.flips),
            loosens=backtest.loosens,
            agents=[_hit(one) for one in found["agents"]],
            actions=[_hit(one) for one in found["actions"]],
            samples=[_sample(one) for one in samples[: 2 * SAMPLES_SHOWN]],
            caveats=_caveats(found, backtest),
        )


@dataclass(frozen=True, slots=True)
class BacktestPanel:
    """The newest backtest of a version: under way, ended without a result, or with its report."""

    title: str
    topic: str
    is_open: bool
    done: int
    total: int
    progress: str
    problem: str
    report: Report | None
    start: str
    stop: str
    run: str

    @classmethod
    def of(
        cls, version: PolicyVersion, latest: Backtest | None, finished: Backtest | None, may_run: bool
    ) -> "BacktestPanel":
        """Compute the panel for a member who may start one or not."""
        is_open = latest is not None and latest.is_open
        problem = ""
        if latest is not None and latest.status in _ENDS:
            problem = _ENDS[BacktestStatus(latest.status)].format(latest.error)
        act = reverse("backtest-policy", args=[version.policy.name])
        return cls(
            title=f"Backtest of v{version.number}",
            topic=f"backtest-{latest.pk}" if latest is not None and is_open else "",
            is_open=is_open,
            done=latest.done if latest is not None else 0,
            total=(latest.total or 0) if latest is not None else 0,
            progress=_progress(latest) if latest is not None and is_open else "",
            problem=problem,
            report=Report.of(finished) if finished is not None and finished.report else None,
            start="" if is_open or not may_run else act,
            stop=act if is_open and may_run else "",
            run="Run it again" if finished is not None else "Run the backtest",
        )


def _took(backtest: Backtest) -> list[str]:
    began, ended = backtest.started_at, backtest.finished_at
    return [words.duration((ended - began).total_seconds())] if began and ended else []


def _progress(backtest: Backtest) -> str:
    if backtest.status == BacktestStatus.QUEUED:
        return "waits for a worker"
    if backtest.total is None:
        return "reads the stored decisions"
    return f"{words.count(backtest.done)} of {words.plural(backtest.total, 'decision')}"


def _row(matrix: Mapping[str, Mapping[str, int]], before: str) -> MatrixRow:
    return MatrixRow(OUTCOMES[before], [_cell(before, after, matrix[before][after]) for after in STEPS])


def _cell(before: str, after: str, n: int) -> Cell:
    if before == after or not n:
        return Cell(words.count(n), None)
    tone, icon = _TONES[after]
    # What was stopped and would now pass is what a reviewer must see.
    if STEPS.index(after) < STEPS.index(before):
        tone, icon = "bad", "alert"
    why = f"{VERDICTS[before].word} before, {VERDICTS[after].word.lower()} now"
    return Cell(words.count(n), Status(f"{before}-{after}", tone, icon, f"+{words.count(n)}", why))


def _forecast(approvals: Mapping[str, Any]) -> tuple[str, str]:
    """Say how many more questions people get, and how long they take: what stands out, and the rest."""
    more = approvals["after_per_day"] - approvals["before_per_day"]
    minutes = approvals["minutes_after_per_day"] - approvals["minutes_before_per_day"]
    if abs(more) < 0.05:
        return "As many approvals a day as now", f"({approvals['after_per_day']:.1f})."
    size, word = f"{abs(more):.1f}", "more" if more > 0 else "fewer"
    assumed = ", at two minutes each" if approvals.get("is_assumed") else ""
    if assumed:
        assumed = f", at {words.duration(approvals['seconds_each'])} each"
    return f"About {size} {word} approvals a day", f"({abs(minutes):.0f} reviewer-minutes{assumed})."


def _passes(flips: Mapping[tuple[str, str], int]) -> str:
    stopped = sum(n for (before, after), n in flips.items() if before == "deny" and after != "deny")
    asked = flips.get(("require_approval", "allow"), 0)
    if not stopped and not asked:
        return "Nothing that was stopped would now pass."
    told = [
        *([f"{words.plural(stopped, 'act')} that {_were(stopped)} stopped"] if stopped else []),
        *([f"{words.plural(asked, 'act')} that a person decided"] if asked else []),
    ]
    return f"{' and '.join(told)} would now go further."


def _were(n: int) -> str:
    return "was" if n == 1 else "were"


def _hit(one: Mapping[str, Any]) -> Hit:
    return Hit(one["name"] or "—", words.count(one["stricter"]), words.count(one["looser"]))


def _sample(row: Mapping[str, Any]) -> Sample:
    at = row.get("at")
    return Sample(
        at=datetime.fromisoformat(at) if isinstance(at, str) else at,
        about=" · ".join(part for part in (row.get("action"), row.get("agent")) if part) or row.get("hook", ""),
        before=VERDICTS[row["before"]],
        after=VERDICTS[row["after"]],
        why=row.get("why", ""),
        link=reverse("decision", args=[row["decision"]]),
    )


def _caveats(found: Mapping[str, Any], backtest: Backtest) -> list[str]:
    """Say what the figures leave out."""
    errors, lost = found["errors"], found["unreplayable"]
    told = []
    if backtest.is_outdated:
        told.append("Another version is enforced since; run it again before you decide by it.")
    if found.get("truncated"):
        told.append(f"Only the newest {words.count(found['n'])} decisions were judged.")
    if errors["n"]:
        first, times = errors["of"][0], words.plural(errors["n"], "time")
        told.append(f"{times} a rule could not be decided: {first['rule']}: {first['error']}")
    if lost["n"]:
        told.append(f"{words.plural(lost['n'], 'decision')} could not be judged again and are left out.")
    if found.get("decided_otherwise"):
        n = found["decided_otherwise"]
        told.append(f"{words.plural(n, 'decision')} would come out otherwise by today’s rules already.")
    return told
