"""Turn what the rules said into one outcome: deny before require_approval before allow, in whatever order they come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from coordination.engine.rules.facts import ACTION, AGENT_CALL

ReasonCode = Literal["rule", "default", "policy-error"]


class Effect(StrEnum):
    """What a rule does when its condition holds."""

    ALLOW = "allow"
    DENY = "deny"
    REQUIRE_APPROVAL = "require_approval"


_STRICTNESS = {Effect.DENY: 0, Effect.REQUIRE_APPROVAL: 1, Effect.ALLOW: 2}


@dataclass(frozen=True, slots=True, order=True)
class Stage:
    """Who is asked: the named users, and whoever has both the role and the group; and how many of them must agree."""

    role: str = ""
    group: str = ""
    users: tuple[str, ...] = ()
    n_required: int = 1

    def __str__(self) -> str:
        """Say who is asked, as in "2 people: ann or a reviewer in support-lead"."""
        team = f"a {self.role}" if self.role else "someone" if self.group else ""
        if self.group:
            team += f" in {self.group}"
        who = " or ".join([*self.users, *([team] if team else [])])
        return who if self.n_required == 1 else f"{self.n_required} people: {who}"

    def as_json(self) -> dict[str, Any]:
        """Return the stage as an approval keeps it."""
        return {"role": self.role, "group": self.group, "users": list(self.users), "n_required": self.n_required}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the rule in its own words, filled with what happened."""

    policy: str
    version: int
    rule: str
    effect: Effect
    title: str
    message: str
    statement: str
    message_to_agent: str = ""
    code: ReasonCode = "rule"

    def as_json(self) -> dict[str, Any]:
        """Return the reason as decisions and approvals keep it."""
        return {
            "policy": self.policy,
            "version": self.version,
            "rule": self.rule,
            "effect": self.effect.value,
            "title": self.title,
            "message": self.message,
            "statement": self.statement,
            "message_to_agent": self.message_to_agent,
            "code": self.code,
        }


@dataclass(frozen=True, slots=True)
class Match:
    """A rule whose condition held, or that could not be decided and therefore denies."""

    reason: Reason
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, the reasons that lead to it, and whoever has to be asked."""

    outcome: Effect
    reasons: tuple[Reason, ...]
    # What each rule asks for, and the one question that asks at least all of it.
    stages: tuple[Stage, ...] = ()
    stage: Stage | None = None


ANY_REVIEWER = Stage(role="reviewer")


def combine(matches: Iterable[Match], facts: Mapping[str, Any]) -> Verdict:
    """Return the strictest effect that matched, or the default of this kind of act when none did."""
    # No rule, however generous, lets through what nobody registered.
    found = [*matches, *_unknown(facts)] or [_default(facts)]
    outcome = min((match.reason.effect for match in found), key=_STRICTNESS.__getitem__)
    decisive = [match for match in found if match.reason.effect == outcome]
    reasons = sorted((match.reason for match in decisive), key=lambda reason: (reason.policy, reason.rule))
    if outcome != Effect.REQUIRE_APPROVAL:
        return Verdict(outcome, tuple(reasons))
    stages = _union(match.stage or ANY_REVIEWER for match in decisive)
    stage = _merged(stages)
    if stage is None:
        return Verdict(Effect.DENY, (_nobody_can_agree(stages), *reasons), stages)
    return Verdict(outcome, tuple(reasons), stages, stage)


def _union(stages: Iterable[Stage]) -> tuple[Stage, ...]:
    """Return each audience once with the largest number of people that a rule asks of it."""
    needed: dict[tuple[str, str, tuple[str, ...]], Stage] = {}
    for stage in stages:
        audience = (stage.role, stage.group, stage.users)
        if audience not in needed or needed[audience].n_required < stage.n_required:
            needed[audience] = stage
    return tuple(sorted(needed.values()))


def _merged(stages: tuple[Stage, ...]) -> Stage | None:
    """Return the stage whose people satisfy every one of them, or None when no single stage can say who that is."""
    teams = {(stage.role, stage.group) for stage in stages}
    users = tuple(sorted(frozenset.intersection(*(frozenset(stage.users) for stage in stages))))
    n_required = max(stage.n_required for stage in stages)
    if len(teams) == 1:
        [(role, group)] = teams
    elif any(stage.users for stage in stages):
        return None
    else:
        # Whoever decides needs both the role and the group, so what one rule leaves open another fills.
        roles, groups = {role for role, _ in teams if role}, {group for _, group in teams if group}
        if len(roles) > 1 or len(groups) > 1:
            return None
        role, group = "".join(roles), "".join(groups)
    if not (role or group) and len(users) < n_required:
        return None
    return Stage(role, group, users, n_required)


def _nobody_can_agree(stages: tuple[Stage, ...]) -> Reason:
    asked = "; ".join(str(stage) for stage in stages)
    message = f"The rules ask different people about the same act ({asked}), and one question cannot ask them all."
    return Reason(
        policy="default",
        version=0,
        rule="different-people",
        effect=Effect.DENY,
        title="The rules ask different people",
        message=f"{message} It is refused until the rules ask the same people.",
        statement=message,
        message_to_agent="This was refused because two policies contradict each other. A person must look.",
        code="policy-error",
    )


def _unknown(facts: Mapping[str, Any]) -> list[Match]:
    hook = facts.get("hook")
    if hook == ACTION and not facts.get("action.known"):
        name = str(facts.get("action.name"))[:200]
        return [_by_default(Effect.DENY, "unknown-tool", "Unknown tool", f"No tool named {name} is registered.")]
    if hook not in {ACTION, AGENT_CALL}:
        return [_by_default(Effect.DENY, "unknown-hook", "Unknown act", "Policies do not know this kind of act.")]
    return []


def _default(facts: Mapping[str, Any]) -> Match:
    if facts.get("hook") == AGENT_CALL:
        return _by_default(Effect.ALLOW, "agent-calls", "Agents may work", "No rule speaks against calling this agent.")
    if facts.get("action.reversibility") == "irreversible":
        return _by_default(
            Effect.REQUIRE_APPROVAL,
            "irreversible-actions",
            "What cannot be undone needs a person",
            "No rule allows this action, and it cannot be undone, so a person decides.",
        )
    if facts.get("action.effect") != "read":
        return _by_default(
            Effect.REQUIRE_APPROVAL,
            "writing-actions",
            "What changes something needs a person",
            "No rule allows this action, and it changes something, so a person decides.",
        )
    return _by_default(Effect.ALLOW, "reading-actions", "Reading is free", "No rule speaks against reading this.")


def _by_default(effect: Effect, rule: str, title: str, message: str) -> Match:
    return Match(Reason("default", 0, rule, effect, title, message, message, message, code="default"))
