"""What a change of the rules would have done: stored decisions judged by the rules as they are, and as they would be.

Rules are pure functions of what was known, and that was stored: the same input gives the same result, whenever it is
judged. What acts used up of limits is counted again from the first of the decisions on, on each side by its own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from coordination.engine.rules.combine import Effect, Match, Verdict, bucket_of, combine
from coordination.engine.rules.limits import Bucket, Window
from coordination.engine.rules.replaying import Replay, Unreplayable
from coordination.engine.rules.ruleset import Broken, Result, Rule, RuleSet

Rules = Sequence[Rule | Broken]
STRICTNESS: Final[Mapping[str, int]] = {Effect.ALLOW.value: 0, Effect.REQUIRE_APPROVAL.value: 1, Effect.DENY.value: 2}


@dataclass(frozen=True, slots=True)
class Case:
    """One stored decision: what was known, and what was decided then; `is_whole` unless the input was cut."""

    id: str
    at: datetime
    hook: str
    agent: str
    action: str
    subject: str
    run: str
    step: str
    decided: str
    input: Mapping[str, Any]
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """What is decided about a case by the rules as they are, and as they would be."""

    case: Case
    before: Verdict
    after: Verdict
    # What the rules of the policy said, as it is and as it would be.
    said_before: tuple[Result, ...]
    said_after: tuple[Result, ...]


@dataclass(slots=True)
class _Side:
    """One of the two sets of rules, with what was used up of its limits."""

    rules: RuleSet
    windows: dict[Bucket, Window] = field(default_factory=dict)

    def decide(self, matches: Collection[Match], facts: Mapping[str, Any], at: datetime) -> Verdict:
        limited = [(match.limit, bucket_of(match, facts)) for match in matches if match.limit is not None]
        if not limited:
            return combine(matches, facts)
        buckets = {bucket: limit for limit, bucket in limited if bucket is not None}
        used = {bucket: self._window(bucket).used(limit, at) for bucket, limit in buckets.items()}
        verdict = combine(matches, facts, used)
        if verdict.outcome != Effect.DENY:
            for charge in verdict.charges:
                self._window(charge.bucket).take(buckets[charge.bucket], at, charge.takes)
        return verdict

    def _window(self, bucket: Bucket) -> Window:
        return self.windows.setdefault(bucket, Window())


class Comparison:
    """The rules of a policy as they are beside the rules as they would be, among all others that hold."""

    def __init__(self, others: Rules, before: Rules, after: Rules) -> None:
        # Most changes touch one rule of many: what both versions say is asked once.
        kept = [rule for rule in after if _is_kept(rule, before)]
        keys = {rule.key for rule in kept if isinstance(rule, Rule)}
        self._others = RuleSet(others)
        self._kept = RuleSet(kept)
        self._before = _Side(RuleSet([rule for rule in before if not (isinstance(rule, Rule) and rule.key in keys)]))
        self._after = _Side(RuleSet([rule for rule in after if not (isinstance(rule, Rule) and rule.key in keys)]))
        self._replay = Replay([*others, *before, *after])

    def judge(self, case: Case) -> Judged:
        """Return both decisions about a case, which must be given in the order of time; raises Unreplayable."""
        if not case.is_whole:
            raise Unreplayable("what was known could not be kept whole")
        facts = self._replay.facts(case.input, case.run, case.agent)
        _, shared = self._others.judge(facts, _no_clock)
        said, held = self._kept.judge(facts, _no_clock)
        said_before, held_before = self._before.rules.judge(facts, _no_clock)
        said_after, held_after = self._after.rules.judge(facts, _no_clock)
        before = self._before.decide([*shared, *held, *held_before], facts, case.at)
        after = self._after.decide([*shared, *held, *held_after], facts, case.at)
        return Judged(case, before, after, (*said, *said_before), (*said, *said_after))


def _is_kept(rule: Rule | Broken, before: Rules) -> bool:
    """Tell whether the version before has the very same rule."""
    return isinstance(rule, Rule) and any(
        isinstance(one, Rule) and one.key == rule.key and replace(one, version=rule.version) == rule for one in before
    )


def _no_clock() -> int:
    return 0
