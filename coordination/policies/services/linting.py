"""What looks odd about a policy: nothing that keeps it from being reviewed, but its reviewers should know."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from coordination.accounts.models import Organization
from coordination.agents.selectors import agents, tools
from coordination.engine.rules.strictness import Reach, reach
from coordination.policies.manifest import PolicySpec, RuleSpec, ScopeSpec
from coordination.policies.services.probing import would_have_fired
from coordination.shared.clock import now

_ACTION = re.compile(r"""(?<![\w.])action\.name\s*(?:==|in)\s*(\[[^\]]*\]|"[^"]*"|'[^']*')""")
_TEXT = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_STRICTNESS = {"deny": 0, "require_approval": 1, "limit": 2, "redact": 3, "warn": 4, "allow": 5}
# Of fewer decisions nothing can be said about whether a condition ever changes.
_ENOUGH = 50
# So long is looked at stored decisions in all, however many rules there are.
_MOST_S = 2.0


@dataclass(frozen=True, slots=True)
class Lint:
    """One thing that looks odd; `pointer` says where."""

    code: str
    pointer: str
    message: str


def lints_of(organization: Organization, said: PolicySpec) -> Iterator[Lint]:
    """Yield what looks odd about a valid policy."""
    if said.review_by and said.review_by < now().date():
        yield Lint("review-overdue", "/spec/review_by", f"The day of its next review, {said.review_by}, is over.")
    until = time.monotonic() + _MOST_S
    known = set(tools(organization).values_list("name", flat=True))
    working = set(agents(organization).values_list("name", flat=True))
    for at, rule in enumerate(said.rules):
        place = f"/spec/rules/{at}"
        if not (said.owner or rule.owner):
            yield Lint("no-owner", f"{place}/owner", f"Nobody is named who answers for {rule.key}.")
        for name in sorted(_tools_named(rule) - known):
            yield Lint("unknown-tool", f"{place}/when", f"{rule.key} names the tool {name}, which is not registered.")
        for name in sorted(_exact(rule.scope.agents) - working):
            yield Lint("unknown-agent", f"{place}/scope", f"{rule.key} names the agent {name}, which is not there.")
        for other in said.rules:
            if _overrules(other, rule):
                message = f"{rule.key} never decides: whenever it holds, the stricter {other.key} holds too."
                yield Lint("shadowed", place, message)
        if time.monotonic() < until:
            yield from _constant(organization, rule, place)


def _constant(organization: Organization, rule: RuleSpec, place: str) -> Iterator[Lint]:
    fired = would_have_fired(organization, rule.model_dump(mode="json", exclude_none=True), most=200)
    if fired.looked_at >= _ENOUGH and fired.times == fired.looked_at:
        message = f"{rule.key} would have held for every one of the last {fired.looked_at} decisions."
        yield Lint("always-holds", f"{place}/when", message)
    elif fired.looked_at >= _ENOUGH and not fired.times:
        message = f"{rule.key} would not have held for any of the last {fired.looked_at} decisions."
        yield Lint("never-holds", f"{place}/when", message)


def _tools_named(rule: RuleSpec) -> set[str]:
    named = {one or other for place in _ACTION.finditer(rule.when) for one, other in _TEXT.findall(place[1])}
    return named | _exact(rule.scope.actions)


def _exact(patterns: list[str]) -> set[str]:
    """Return the names among patterns of names."""
    return {pattern for pattern in patterns if not set(pattern) & set("*?[")}


def _overrules(other: RuleSpec, rule: RuleSpec) -> bool:
    """Tell whether a stricter rule holds whenever this one does."""
    if other.key == rule.key or other.mode != "enforced" or other.exceptions or other.scope != ScopeSpec():
        return False
    if _STRICTNESS[other.effect] >= _STRICTNESS[rule.effect] or not set(rule.hooks) <= set(other.hooks):
        return False
    # What hides or warns does so beside a stricter rule too; a limit only speaks once it is reached.
    if rule.effect in ("redact", "warn") or other.effect in ("limit", "redact", "warn"):
        return False
    return reach(rule.when, _values(rule), other.when, _values(other)) in (Reach.SAME, Reach.WIDER)


def _values(rule: RuleSpec) -> dict[str, object]:
    return {name: param.value for name, param in rule.params.items()}
