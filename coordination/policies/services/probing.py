"""How often would a rule have fired lately? Told while it is being typed."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from coordination.accounts.models import Organization
from coordination.engine.rules.hooks import hooks_of
from coordination.engine.rules.replaying import Replay, Unreplayable
from coordination.engine.rules.ruleset import Result, Rule, RuleSet
from coordination.policies.manifest import RuleSpec, problems_of, rule_of
from coordination.policies.models import PolicyDecision
from coordination.shared.clock import now
from coordination.shared.manifests import refuse

DAYS = 7
MOST = 2_000
MOST_S = 0.5
_CHUNK = 250
_NEWEST = 5
_DECISIVE = ("hooks", "scope", "when", "params", "exceptions")
_TYPED = {"key": "typed", "statement": "What is being typed.", "effect": "warn", "when": ""}
Said = tuple[UUID, Result | Unreplayable | None]


@dataclass(frozen=True, slots=True)
class Fired:
    """How often a rule would have held; `is_all` unless only the newest decisions could be looked at in time.

    `unknown` are acts of which nobody looked up what the rule reads.
    """

    times: int
    looked_at: int
    is_all: bool
    unknown: int = 0
    errors: int = 0
    error: str = ""
    decision_ids: tuple[UUID, ...] = ()
    days: int = DAYS

    @property
    def sentence(self) -> str:
        """Say it in words."""
        if not self.looked_at:
            return f"Nothing that it speaks about was decided in the last {self.days} days."
        if self.unknown == self.looked_at:
            return "Nobody can tell how often it would have fired: what it reads was not looked up until now."
        times = "once" if self.times == 1 else f"{self.times:,} times"
        if self.is_all:
            return f"Would have fired {times} in the last {self.days} days."
        return f"Would have fired {times} among the newest {self.looked_at:,} decisions of the last {self.days} days."


def would_have_fired(organization: Organization, rule: Mapping[str, Any], *, most: int = MOST) -> Fired:
    """Count on so many of the week's newest decisions how often a rule would have held; raises ManifestInvalid.

    Only what decides whether it holds plays a part: hooks, scope, condition, parameters and exceptions. Looking ends
    after half a second, whatever the condition asks for.
    """
    rule = {**_TYPED, **{name: rule[name] for name in _DECISIVE if name in rule}}
    found = problems_of({"rules": [rule]})
    if found:
        raise refuse([replace(one, pointer=one.pointer.removeprefix("/spec/rules/0")) for one in found])
    asked = rule_of("typed", 0, RuleSpec.model_validate(rule))
    stored = PolicyDecision.objects.filter(
        organization=organization,
        hook__in=sorted(hooks_of(asked.hooks)),
        created_at__gte=now() - timedelta(days=DAYS),
    )
    newest = list(stored.order_by("-id").values_list("pk", flat=True)[: most + 1])
    said = list(_until(time.monotonic() + MOST_S, _said(asked, newest[:most])))
    held = [decision_id for decision_id, result in said if isinstance(result, Result) and _holds(result)]
    errors = [result.error for _, result in said if isinstance(result, Result) and result.result is None]
    return Fired(
        times=len(held),
        looked_at=len(said),
        is_all=len(said) == len(newest),
        unknown=sum(isinstance(result, Unreplayable) for _, result in said),
        errors=len(errors),
        error=errors[0] if errors else "",
        decision_ids=tuple(held[:_NEWEST]),
    )


def _holds(result: Result) -> bool:
    return result.result is True and not result.exempt


def _said(rule: Rule, found: Sequence[UUID]) -> Iterator[Said]:
    """Yield what the rule says of each decision; None where it is not about the act."""
    rules, replay = RuleSet([rule]), Replay([rule])
    for start in range(0, len(found), _CHUNK):
        rows = PolicyDecision.objects.filter(pk__in=found[start : start + _CHUNK]).order_by("-pk")
        for decision_id, run_id, agent, known in rows.values_list("pk", "run_id", "agent", "input"):
            try:
                results, _ = rules.judge(replay.facts(known, str(run_id or ""), agent), lambda: 0)
                yield decision_id, results[0] if results else None
            except Unreplayable as problem:
                yield decision_id, problem


def _until(end: float, said: Iterator[Said]) -> Iterator[Said]:
    for one in said:
        yield one
        if time.monotonic() > end:
            return
