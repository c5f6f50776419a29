"""Decisions of policies: one line each, and one of them explained rule by rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from coordination.engine.rules.explain import explain
from coordination.engine.rules.hooks import AGENT_CALL, HOOKS
from coordination.engine.rules.naming import title_of
from coordination.engine.trust.tables import DEFAULT, Bands
from coordination.policies.models import PolicyDecision
from coordination.web import words
from coordination.web.contexts import policy_reasons, run_reasons
from coordination.web.contexts import status as statuses
from coordination.web.contexts.parts import Reason
from coordination.web.contexts.policy_words import EFFECTS
from coordination.web.contexts.risk_picture import RiskPicture
from coordination.web.contexts.status import Status
from coordination.web.forms.policy_values import typed

HOLDS = Status("true", "run", "check", "holds")
HOLDS_NOT = Status("false", "idle", "idle", "does not hold")
COULD_NOT = Status("error", "bad", "alert", "could not be decided")
DIFFERS = Status("differs", "wait", "alert", "decides otherwise")


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision in a list."""

    decision: PolicyDecision
    status: Status
    about: str
    why: str
    source: str
    took: str
    link: str
    marks: list[Status]

    @classmethod
    def of(cls, decision: PolicyDecision) -> "Decided":
        """Return the line."""
        return cls(
            decision=decision,
            status=statuses.of_verdict(decision.outcome),
            about=about(decision),
            why=_why(decision.reasons),
            source=_source(decision.reasons),
            took=words.quick(decision.micros),
            link=reverse("decision", args=[decision.pk]),
            marks=marks(decision),
        )


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """What one rule said of the act, and how long it took."""

    policy: str
    rule: str
    link: str
    effect: Status | None
    status: Status
    note: str
    took: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that the rules knew."""

    name: str
    title: str
    value: Any
    is_plain: bool


@dataclass(frozen=True, slots=True)
class ShadowSaid:
    """What a version that is only tried out would have decided."""

    version: str
    link: str
    status: Status
    differs: bool
    rules: list[RuleSaid]


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """One decision and everything that it rests on."""

    decision: PolicyDecision
    status: Status
    title: str
    said: str
    reasons: list[Reason]
    risk: RiskPicture | None
    beside: list[Reason]
    rules: list[RuleSaid]
    shadows: list[ShadowSaid]
    facts: list[Fact]
    versions: list[tuple[str, str]]
    run_link: str
    asked: str
    took: str

    @classmethod
    def of(cls, decision: PolicyDecision, bands: Bands = DEFAULT.bands) -> "DecisionPage":
        """Explain the decision."""
        tone = "bad" if decision.outcome == "deny" else "ok" if decision.outcome == "allow" else "wait"
        matched = {(one["policy"], one["rule"]): one["effect"] for one in decision.matched}
        return cls(
            decision=decision,
            status=statuses.of_verdict(decision.outcome),
            title=about(decision),
            said=explain(decision.outcome, decision.reasons),
            reasons=run_reasons.of_rules(decision.reasons, tone),
            risk=RiskPicture.of(decision.input, bands),
            beside=policy_reasons.beside(decision),
            rules=_rules(decision.results, matched),
            shadows=[_shadow(one, decision.outcome) for one in decision.shadows],
            facts=[_fact(name, value) for name, value in sorted(decision.input.items())],
            versions=[
                (f"{name} v{number}", f"{reverse('policy', args=[name])}?version={number}")
                for name, number in decision.versions.items()
            ],
            run_link=f"{reverse('run', args=[decision.run_id])}?tab=decisions" if decision.run_id else "",
            asked=" and ".join(policy_reasons.stage(one) for one in decision.stages),
            took=words.quick(decision.micros),
        )


def about(decision: PolicyDecision) -> str:
    """Say which act was decided about."""
    if decision.action:
        return f"{decision.action}{f' by {decision.agent}' if decision.agent else ''}"
    if decision.hook == AGENT_CALL and decision.agent:
        return f"Call of {decision.agent}"
    title = HOOKS[decision.hook].title if decision.hook in HOOKS else decision.hook
    return f"{title[:1].upper()}{title[1:]}{f': {decision.agent}' if decision.agent else ''}"


def _why(reasons: Sequence[Mapping[str, Any]]) -> str:
    """Return what the first of the reasons says."""
    if not reasons:
        return "No rule spoke against it."
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"{reasons[0].get('message') or reasons[0]['statement']}{more}"


def _source(reasons: Sequence[Mapping[str, Any]]) -> str:
    """Return whose reason that is; nothing where it is only the default."""
    first = reasons[0] if reasons else {}
    return f"{first['policy']} v{first['version']} · {first['rule']}" if first.get("version") else ""


def marks(decision: PolicyDecision) -> list[Status]:
    """Return what a decision carries beside its outcome."""
    found = [EFFECTS["warn"]] if decision.warnings else []
    found += [EFFECTS["redact"]] if decision.redactions else []
    if decision.shadow_outcome and decision.shadow_outcome != decision.outcome:
        found.append(DIFFERS)
    return found


def _rules(results: Sequence[Mapping[str, Any]], matched: Mapping[tuple[str, str], str]) -> list[RuleSaid]:
    said = [_said(one, matched) for one in results]
    order = {COULD_NOT: 0, HOLDS: 1, HOLDS_NOT: 2}
    return sorted(said, key=lambda one: order[one.status])


def _said(result: Mapping[str, Any], matched: Mapping[tuple[str, str], str]) -> RuleSaid:
    name, rule = result["policy"], result["rule"]
    effect = matched.get((name, rule), "")
    is_error = result["result"] == "error"
    return RuleSaid(
        policy=f"{name} v{result['version']}",
        rule=rule or "all rules",
        link=f"{reverse('policy', args=[name])}?version={result['version']}#rule-{rule}",
        effect=EFFECTS.get(effect),
        status=COULD_NOT if is_error else HOLDS if result["result"] else HOLDS_NOT,
        note=result.get("error") or result.get("exempt") or "",
        took=words.quick(result.get("micros", 0)),
    )


def _shadow(one: Mapping[str, Any], outcome: str) -> ShadowSaid:
    return ShadowSaid(
        version=f"{one['policy']} v{one['version']}",
        link=f"{reverse('policy', args=[one['policy']])}?version={one['version']}",
        status=statuses.of_verdict(one["outcome"]),
        differs=one["outcome"] != outcome,
        rules=_rules([{"policy": one["policy"], "version": one["version"], **result} for result in one["results"]], {}),
    )


def _fact(name: str, value: Any) -> Fact:
    title = title_of(name)
    is_plain = isinstance(value, str | int | float | bool | None)
    return Fact(name, title if title != name else "", typed(value) if is_plain else value, is_plain)
