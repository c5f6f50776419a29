"""What a backtest found, added up while it goes on: flips, who is affected, how many questions a day, samples."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import heappush, heapreplace
from typing import Any, Final

from coordination.engine.rules.backtest import STRICTNESS, Case, Judged
from coordination.engine.rules.combine import Effect, Verdict
from coordination.engine.rules.explain import explain

SAMPLES: Final = 20
STRICTER: Final = "stricter"
LOOSER: Final = "looser"
_MOST_NAMED: Final = 10
_MOST_CAUSES: Final = 5
_DAY_S: Final = 86_400.0
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a person takes for one decision; `is_assumed` where too few were taken to tell."""

    seconds_each: float
    is_assumed: bool


@dataclass(slots=True)
class _Questions:
    """The questions that one side asks: an act is asked about once a day, however often it is looked at."""

    asked: set[tuple[str, date]] = field(default_factory=set)
    n_answers: int = 0

    def add(self, case: Case, verdict: Verdict) -> None:
        question = (case.subject, case.at.date())
        if verdict.outcome == Effect.REQUIRE_APPROVAL and question not in self.asked:
            self.asked.add(question)
            self.n_answers += sum(stage.n_required for stage in verdict.chain) or 1


class _Sample:
    """Some of many cases, as if drawn by lot: identifiers end in random digits, and the largest of these are kept."""

    def __init__(self) -> None:
        self._kept: list[tuple[str, str, dict[str, Any]]] = []

    def offer(self, judged: Judged) -> None:
        lot = judged.case.id[::-1]
        if len(self._kept) < SAMPLES:
            heappush(self._kept, (lot, judged.case.id, _row(judged)))
        elif lot > self._kept[0][0]:
            heapreplace(self._kept, (lot, judged.case.id, _row(judged)))

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows, the newest first."""
        return [row for _, _, row in sorted(self._kept, key=lambda kept: kept[1], reverse=True)]


@dataclass(slots=True)
class Tally:
    """The sums of all that was judged so far."""

    n: int = 0
    first: datetime | None = None
    decided_otherwise: int = 0
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    agents: Counter[tuple[str, str]] = field(default_factory=Counter)
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    held_before: Counter[str] = field(default_factory=Counter)
    held_after: Counter[str] = field(default_factory=Counter)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    unreplayable: Counter[str] = field(default_factory=Counter)
    before: _Questions = field(default_factory=_Questions)
    after: _Questions = field(default_factory=_Questions)
    samples: dict[str, _Sample] = field(default_factory=lambda: {STRICTER: _Sample(), LOOSER: _Sample()})

    def skip(self, case: Case, why: str) -> None:
        """Count a case that could not be judged again."""
        self._see(case)
        self.unreplayable[why] += 1

    def add(self, judged: Judged) -> None:
        """Count a case that was judged."""
        case, before, after = judged.case, judged.before.outcome.value, judged.after.outcome.value
        self._see(case)
        self.cells[before, after] += 1
        self.decided_otherwise += case.decided != before
        self.before.add(case, judged.before)
        self.after.add(case, judged.after)
        self.held_before.update(said.rule for said in judged.said_before if said.result)
        self.held_after.update(said.rule for said in judged.said_after if said.result)
        self.errors.update((said.rule, said.error[:_LONGEST]) for said in judged.said_after if said.result is None)
        if before != after:
            way = STRICTER if STRICTNESS[after] > STRICTNESS[before] else LOOSER
            self.agents[case.agent, way] += 1
            self.actions[case.action, way] += 1
            self.samples[way].offer(judged)

    def report(self, until: datetime, effort: Effort, rules: tuple[set[str], set[str]]) -> dict[str, Any]:
        """Return everything that was found as JSON; `rules` are the keys of the policy's rules before and after."""
        flips = [
            {"before": before, "after": after, "n": n}
            for (before, after), n in self.cells.most_common()
            if before != after
        ]
        since = self.first or until
        days = max(1.0, (until - since).total_seconds() / _DAY_S)
        n_skipped = self.unreplayable.total()
        return {
            "n": self.n,
            "since": since.isoformat(),
            "until": until.isoformat(),
            "days": round(days, 2),
            "matrix": {before: {after: self.cells[before, after] for after in STRICTNESS} for before in STRICTNESS},
            "flips": flips,
            STRICTER: sum(n for (before, after), n in self.cells.items() if STRICTNESS[after] > STRICTNESS[before]),
            LOOSER: sum(n for (before, after), n in self.cells.items() if STRICTNESS[after] < STRICTNESS[before]),
            "agents": _affected(self.agents),
            "actions": _affected(self.actions),
            "rules": self._rules(*rules),
            "approvals": _forecast(self.before, self.after, days, effort),
            "samples": {way: sample.rows() for way, sample in self.samples.items()},
            "errors": {
                "n": self.errors.total(),
                "of": [{"rule": r, "error": e, "n": n} for (r, e), n in self.errors.most_common(_MOST_CAUSES)],
            },
            "unreplayable": {
                "n": n_skipped,
                "share": round(n_skipped / self.n, 4) if self.n else 0.0,
                "of": [{"why": why, "n": n} for why, n in self.unreplayable.most_common(_MOST_CAUSES)],
            },
            "decided_otherwise": self.decided_otherwise,
        }

    def _see(self, case: Case) -> None:
        self.n += 1
        self.first = min(self.first or case.at, case.at)

    def _rules(self, before: set[str], after: set[str]) -> list[dict[str, Any]]:
        failed: Counter[str] = Counter()
        for (rule, _), n in self.errors.items():
            failed[rule] += n
        return [
            {
                "rule": rule,
                "before": self.held_before[rule] if rule in before else None,
                "after": self.held_after[rule] if rule in after else None,
                "errors": failed[rule],
            }
            for rule in sorted(before | after)
        ]


def _row(judged: Judged) -> dict[str, Any]:
    case, after = judged.case, judged.after
    return {
        "decision": case.id,
        "at": case.at.isoformat(),
        "hook": case.hook,
        "agent": case.agent,
        "action": case.action,
        "run": case.run,
        "step": case.step,
        "before": judged.before.outcome.value,
        "after": after.outcome.value,
        "why": explain(after.outcome.value, [reason.as_json() for reason in after.reasons]),
    }


def _affected(times: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the names with most flips, first."""
    whole: Counter[str] = Counter()
    for (name, _), n in times.items():
        whole[name] += n
    return [
        {"name": name, STRICTER: times[name, STRICTER], LOOSER: times[name, LOOSER]}
        for name, _ in whole.most_common(_MOST_NAMED)
        if name
    ]


def _forecast(before: _Questions, after: _Questions, days: float, effort: Effort) -> dict[str, Any]:
    return {
        "before_per_day": round(len(before.asked) / days, 2),
        "after_per_day": round(len(after.asked) / days, 2),
        "minutes_before_per_day": round(before.n_answers * effort.seconds_each / 60 / days, 1),
        "minutes_after_per_day": round(after.n_answers * effort.seconds_each / 60 / days, 1),
        "seconds_each": round(effort.seconds_each, 1),
        "is_assumed": effort.is_assumed,
    }
