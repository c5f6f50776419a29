"""All that an organization's policies say: what is enforced, and what is tried out beside it.

A trial is a version of a policy that is not in force yet, or a rule of one in force that is still in shadow. It is
judged on the same facts, and what would be decided if it held is noted. A canary decides in earnest for some runs.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coordination.engine.rules.combine import Match, Verdict, bucket_of, combine
from coordination.engine.rules.limits import Bucket, Limit
from coordination.engine.rules.ruleset import Broken, Result, Rule, RuleSet

Rules = Sequence[Rule | Broken]


@dataclass(frozen=True, slots=True)
class Trial:
    """A version that is tried out in place of the policy's enforced one; for `percent` of the runs it decides."""

    policy: str
    version: int
    rules: tuple[Rule | Broken, ...]
    percent: int = 0

    def decides(self, run: str) -> bool:
        """Tell whether a run is among those that the trial decides: always the same ones."""
        digest = hashlib.sha256(f"{self.policy}:{run}".encode()).digest()
        return bool(run) and int.from_bytes(digest[:8], "big") % 100 < self.percent


@dataclass(frozen=True, slots=True)
class Said:
    """What some rules said of an act."""

    results: list[Result]
    matches: list[Match]


@dataclass(frozen=True, slots=True)
class TriedOut:
    """What a version said that decides nothing yet."""

    policy: str
    version: int
    said: Said


@dataclass(frozen=True, slots=True)
class Shadow:
    """What would be decided if a trial held, and what its rules said."""

    policy: str
    version: int
    outcome: str
    results: tuple[Result, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the shadow as a decision keeps it."""
        results = [result.as_json() for result in self.results]
        return {"policy": self.policy, "version": self.version, "outcome": self.outcome, "results": results}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules said: what holds, by policy where something is tried out, and what is only noted."""

    held: Mapping[str, Said]
    tried: tuple[TriedOut, ...] = ()
    is_canary: bool = False

    @property
    def results(self) -> list[Result]:
        """Return what the rules that hold said."""
        return [result for said in self.held.values() for result in said.results]

    @property
    def matches(self) -> list[Match]:
        """Return the matches of the rules that hold."""
        return [match for said in self.held.values() for match in said.matches]

    def limits(self, facts: Mapping[str, Any]) -> dict[Bucket, Limit]:
        """Return every limit that the act is counted for, those on trial too."""
        every = [*self.matches, *(match for tried in self.tried for match in tried.said.matches)]
        found = [(bucket_of(match, facts), match.limit) for match in every]
        return {bucket: limit for bucket, limit in found if bucket is not None and limit is not None}

    def verdict(self, facts: Mapping[str, Any], used: Mapping[Bucket, float]) -> Verdict:
        """Return what is decided."""
        return combine(self.matches, facts, used)

    def shadows(self, facts: Mapping[str, Any], used: Mapping[Bucket, float]) -> tuple[tuple[Shadow, ...], Verdict]:
        """Return what each trial by itself would decide, and what all of them would together."""
        found = tuple(
            Shadow(
                tried.policy,
                tried.version,
                combine(self._instead([tried]), facts, used).outcome.value,
                tuple(tried.said.results),
            )
            for tried in self.tried
        )
        return found, combine(self._instead(self.tried), facts, used)

    def _instead(self, trials: Sequence[TriedOut]) -> list[Match]:
        """Return the matches there would be if these held in the place of what does."""
        replaced = {tried.policy for tried in trials}
        kept = [match for policy, said in self.held.items() if policy not in replaced for match in said.matches]
        # Of a policy that has a new version on trial and rules in shadow, only the new version counts in the end.
        last = {tried.policy: tried for tried in trials}
        return kept + [match for tried in last.values() for match in tried.said.matches]


class Rulebook:
    """The enforced rules and the trials of one organization, compiled once and judged many times."""

    def __init__(self, enforced: Iterable[Rule | Broken], trials: Iterable[Trial] = ()) -> None:
        """Compile everything; a policy that is tried out is kept apart from those that are not."""
        given = [*enforced]
        self._trials = [(trial, RuleSet(trial.rules)) for trial in (*_in_shadow(given), *trials)]
        apart = {trial.policy for trial, _ in self._trials}
        self._sets = {"": RuleSet([rule for rule in given if rule.policy not in apart])}
        self._sets |= {name: RuleSet([rule for rule in given if rule.policy == name]) for name in sorted(apart)}
        self._all = [*self._sets.values(), *(rules for _, rules in self._trials)]

    def names_read_at(self, hook: str) -> frozenset[str]:
        """Return the facts that any rule of the hook reads, or a few more."""
        if len(self._all) == 1:
            return self._all[0].names_read_at(hook)
        return frozenset[str]().union(*(rules.names_read_at(hook) for rules in self._all))

    def speaks_at(self, hook: str) -> bool:
        """Tell whether any rule, on trial or not, has a say at the hook."""
        return any(rules.speaks_at(hook) for rules in self._all)

    def judge(self, facts: Mapping[str, Any], nanoseconds: Callable[[], int], run: str = "") -> Judgement:
        """Return what the rules say of an act in a run, or of one outside any."""
        held = {policy: Said(*rules.judge(facts, nanoseconds)) for policy, rules in self._sets.items()}
        if not self._trials:
            return Judgement(held)
        tried = []
        is_canary = False
        for trial, rules in self._trials:
            if not (rules.speaks_at(str(facts.get("hook"))) or held[trial.policy].results):
                continue
            said = Said(*rules.judge(facts, nanoseconds))
            if trial.decides(run):
                held[trial.policy], is_canary = said, True
            else:
                tried.append(TriedOut(trial.policy, trial.version, _apart(said, trial.version)))
        return Judgement(held, tuple(tried), is_canary)


def _apart(said: Said, version: int) -> Said:
    """Return the matches of a trial counted by themselves: they must not use up what holds."""
    return Said(said.results, [replace(match, trial=version) if match.limit else match for match in said.matches])


def _in_shadow(rules: Rules) -> list[Trial]:
    """Return the versions in force as they would be with their rules in shadow enforced."""
    shadowed = {(rule.policy, rule.version) for rule in rules if isinstance(rule, Rule) and rule.mode == "shadow"}
    return [
        Trial(policy, version, tuple(_enforced(rule) for rule in rules if rule.policy == policy))
        for policy, version in sorted(shadowed)
    ]


def _enforced(rule: Rule | Broken) -> Rule | Broken:
    return replace(rule, mode="enforced") if isinstance(rule, Rule) and rule.mode == "shadow" else rule
