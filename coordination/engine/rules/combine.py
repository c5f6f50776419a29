"""Turn what the rules said into one outcome, the strictest, in whatever order they come.

Only deny, require_approval and allow stand in place of the default of the act. A limit refuses what goes beyond it and
is silent otherwise; redactions and warnings are carried along.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from coordination.engine.rules.hooks import ACTION, AGENT_CALL, HOOKS, TOOL_CALL
from coordination.engine.rules.limits import Bucket, Limit
from coordination.engine.rules.redacting import Redaction
from coordination.engine.rules.stages import Chain, Stage, joined, union

ReasonCode = Literal["rule", "default", "policy-error", "limit"]


class Effect(StrEnum):
    """What a rule does when its condition holds; decisions come out as deny, require_approval or allow."""

    ALLOW = "allow"
    WARN = "warn"
    REDACT = "redact"
    LIMIT = "limit"
    REQUIRE_APPROVAL = "require_approval"
    DENY = "deny"


_STRICTNESS = {Effect.DENY: 0, Effect.REQUIRE_APPROVAL: 1, Effect.ALLOW: 2}


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


ANY_REVIEWER = Stage(role="reviewer")


@dataclass(frozen=True, slots=True)
class Match:
    """A rule whose condition held, or that could not be decided and therefore denies."""

    reason: Reason
    stage: Stage | None = None
    limit: Limit | None = None
    redaction: Redaction | None = None
    # The version that is tried out: what it counts is counted apart.
    trial: int = 0
    # Where several stages are asked, one after the other; `stage` alone where it is empty.
    chain: Chain = ()

    @property
    def asks(self) -> Chain:
        """Return whom the rule asks, in order."""
        return self.chain or (self.stage or ANY_REVIEWER,)


@dataclass(frozen=True, slots=True, order=True)
class Charge:
    """What an act takes out of a bucket, what was taken from it before, and whether that is too much together."""

    bucket: Bucket
    used: float
    takes: float
    most: float

    @property
    def is_over(self) -> bool:
        """Tell whether the act goes beyond the limit."""
        # Sums of fractions miss their mark by less than a millionth; what is no number at all never fits.
        return not self.used + self.takes <= self.most + 1e-6

    def as_json(self) -> dict[str, Any]:
        """Return the charge as decisions keep it; JSON has no number for an endless amount."""
        return {
            "policy": self.bucket.policy,
            "rule": self.bucket.rule,
            "key": self.bucket.key,
            "used": self.used,
            "takes": min(self.takes, 1e15),
            "most": self.most,
            "over": self.is_over,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, the reasons that lead to it, and whoever has to be asked."""

    outcome: Effect
    reasons: tuple[Reason, ...]
    # What each rule asks for, and the chain that asks at least all of it.
    stages: tuple[Stage, ...] = ()
    chain: Chain = ()
    redactions: tuple[Redaction, ...] = ()
    warnings: tuple[Reason, ...] = ()
    charges: tuple[Charge, ...] = ()

    @property
    def stage(self) -> Stage | None:
        """Return the one stage that is asked, if it is one."""
        return self.chain[0] if len(self.chain) == 1 else None


def bucket_of(match: Match, facts: Mapping[str, Any]) -> Bucket | None:
    """Return where the act of a match is counted, if it is."""
    if match.limit is None:
        return None
    return Bucket(match.reason.policy, match.reason.rule, match.limit.key(facts), match.trial)


def combine(matches: Iterable[Match], facts: Mapping[str, Any], used: Mapping[Bucket, float] | None = None) -> Verdict:
    """Return the strictest effect that matched, or the default of this kind of act when none did.

    `used` says how much of each limit is taken; a bucket that is not in it is empty.
    """
    given = [*matches]
    charges = {match: _charge(match, facts, used or {}) for match in given if match.limit is not None}
    # No rule, however generous, lets through what nobody registered.
    standing = [match for match in given if match.reason.effect in _STRICTNESS] + _unknown(facts)
    beyond = [_beyond(match) for match, charge in charges.items() if charge.is_over]
    verdict = _decided((standing or [_default(facts)]) + beyond, facts)
    redactions = sorted({match.redaction for match in given if match.redaction is not None})
    warnings = _sorted(match.reason for match in given if match.reason.effect == Effect.WARN)
    if not (redactions or warnings or charges):
        return verdict
    return replace(
        verdict, redactions=tuple(redactions), warnings=tuple(warnings), charges=tuple(sorted({*charges.values()}))
    )


def _decided(found: Sequence[Match], facts: Mapping[str, Any]) -> Verdict:
    outcome = min((match.reason.effect for match in found), key=lambda effect: _STRICTNESS.get(effect, 0))
    outcome = outcome if outcome in _STRICTNESS else Effect.DENY
    decisive = [match for match in found if _STRICTNESS.get(match.reason.effect, 0) == _STRICTNESS[outcome]]
    reasons = _sorted(match.reason for match in decisive)
    if outcome != Effect.REQUIRE_APPROVAL:
        return Verdict(outcome, tuple(reasons))
    stages = union(stage for match in decisive for stage in match.asks)
    hook = HOOKS.get(str(facts.get("hook")))
    if hook is None or not hook.may_ask:
        return Verdict(Effect.DENY, (_nobody_to_ask(), *reasons), stages)
    chain = joined([match.asks for match in decisive])
    if chain is None:
        return Verdict(Effect.DENY, (_nobody_can_agree(stages), *reasons), stages)
    return Verdict(outcome, tuple(reasons), stages, chain)


def _sorted(reasons: Iterable[Reason]) -> list[Reason]:
    return sorted(reasons, key=lambda reason: (reason.policy, reason.rule, reason.version, reason.message))


def _charge(match: Match, facts: Mapping[str, Any], used: Mapping[Bucket, float]) -> Charge:
    limit, bucket = match.limit, bucket_of(match, facts)
    assert limit is not None  # noqa: S101  (the caller asks for matches that have one)
    assert bucket is not None  # noqa: S101
    return Charge(bucket, used.get(bucket, 0.0), limit.takes(facts), limit.most)


def _beyond(match: Match) -> Match:
    """Return the refusal of what goes beyond a limit."""
    return replace(match, reason=replace(match.reason, code="limit"), limit=None)


def _nobody_to_ask() -> Reason:
    return _contradiction(
        "nobody-to-ask",
        "Nobody can be asked here",
        "A rule wants a person to agree to something that cannot wait for one.",
        "It is refused until the rule says otherwise.",
    )


def _nobody_can_agree(stages: tuple[Stage, ...]) -> Reason:
    asked = "; ".join(str(stage) for stage in stages)
    return _contradiction(
        "different-people",
        "The rules ask the same people twice",
        f"The rules ask more people about the same act than they name ({asked}), and each of them counts once.",
        "It is refused until the rules name others as well.",
    )


def _contradiction(rule: str, title: str, statement: str, remedy: str) -> Reason:
    return Reason(
        policy="default",
        version=0,
        rule=rule,
        effect=Effect.DENY,
        title=title,
        message=f"{statement} {remedy}",
        statement=statement,
        message_to_agent="This was refused because the policies contradict each other. A person must look.",
        code="policy-error",
    )


def _unknown(facts: Mapping[str, Any]) -> list[Match]:
    hook = facts.get("hook")
    if hook in {ACTION, TOOL_CALL} and not facts.get("action.known"):
        name = str(facts.get("action.name"))[:200]
        return [_by_default(Effect.DENY, "unknown-tool", "Unknown tool", f"No tool named {name} is registered.")]
    if hook not in HOOKS:
        return [_by_default(Effect.DENY, "unknown-hook", "Unknown act", "Policies do not know this kind of act.")]
    return []


def _default(facts: Mapping[str, Any]) -> Match:
    hook = HOOKS[str(facts["hook"])]
    if hook.name == AGENT_CALL:
        return _by_default(Effect.ALLOW, "agent-calls", "Agents may work", "No rule speaks against calling this agent.")
    if hook.name not in {ACTION, TOOL_CALL}:
        return _by_default(Effect.ALLOW, hook.name, "Nothing speaks against it", "No rule speaks against this.")
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
