"""What policies are asked before an agent is called and before an action leaves: the facts, and the verdict."""

import math
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from coordination.accounts.models import Organization
from coordination.agents.manifest import ToolSpec
from coordination.agents.models import Agent, Tool
from coordination.engine.rules.facts import ACTION, AGENT_CALL
from coordination.engine.trust.risk import Risk, RiskInput, score
from coordination.policies.services import Decision, decide

_MONEY_FULL_SCALE = 1_000.0
_TOO_MUCH = 1e15


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where the question comes up; `run` holds the run.… facts, and a call from outside has none."""

    organization: Organization
    subject: str
    run_id: UUID | None = None
    step: str = ""
    run: dict[str, Any] = field(default_factory=dict)
    attempt: int = 1
    facts: dict[str, Any] = field(default_factory=dict)
    confidence: float | None = None
    # Names the policies that hold; whoever gives it writes the decision's record in the same transaction.
    stamp: UUID | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What policy decided about an action, and how much is at stake."""

    decision: Decision
    risk: Risk
    amount: float


def judge_agent_call(occasion: Occasion, agent: Agent, capability: str) -> Decision:
    """Decide whether this agent may be called now."""
    about = {"hook": AGENT_CALL, "step.kind": "agent", "capability": capability, **_agent_facts(agent)}
    return _decide(occasion, about)


def judge_action(
    occasion: Occasion, tool: Tool | None, tool_name: str, args: dict[str, Any], proposer: Agent | None
) -> Verdict:
    """Decide whether this exact action may leave, and score its risk; an unknown tool is denied."""
    spec = ToolSpec.model_validate(tool.spec) if tool else None
    amount = money_in(spec, args)
    risk = score(_risk_input(occasion, spec, amount))
    about = {
        "hook": ACTION,
        "step.kind": "action",
        "action.name": tool_name,
        "action.known": tool is not None,
        "action.args": args,
        "action.amount": amount,
        "risk.score": risk.score,
        **(_tool_facts(tool, spec) if tool and spec else {}),
        **(_agent_facts(proposer) if proposer else {}),
    }
    return Verdict(_decide(occasion, about), risk, amount)


def money_in(spec: ToolSpec | None, args: dict[str, Any]) -> float:
    """Return the amount that an action moves, 0 when it moves none.

    What is not a number counts as infinite, which no policy can decide about: it is denied, not taken for nothing.
    """
    value = args.get(spec.amount) if spec and spec.amount else None
    if value is None:
        return 0.0
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _TOO_MUCH
    return float(value) if is_number else math.inf


def _decide(occasion: Occasion, about: dict[str, Any]) -> Decision:
    facts = {
        **about,
        **occasion.run,
        "org.slug": occasion.organization.slug,
        "step.id": occasion.step,
        "step.attempt": occasion.attempt,
        "facts": occasion.facts,
    }
    if occasion.confidence is not None:
        facts["confidence"] = occasion.confidence
    return decide(
        occasion.organization,
        facts,
        subject=occasion.subject,
        run_id=occasion.run_id,
        step=occasion.step,
        record=occasion.stamp is None,
        stamp=occasion.stamp,
    )


def _agent_facts(agent: Agent) -> dict[str, Any]:
    return {
        "agent.name": agent.name,
        "agent.version": agent.version,
        "agent.role": agent.role_name,
        "agent.authority": agent.limits.get("authority", 0),
        "agent.status": agent.status,
        "agent.labels": [f"{key}={value}" for key, value in agent.labels.items()],
    }


def _tool_facts(tool: Tool, spec: ToolSpec) -> dict[str, Any]:
    return {
        "action.version": tool.version,
        "action.effect": spec.effect,
        "action.reversibility": spec.reversibility,
        "action.classification": spec.classification,
    }


def _risk_input(occasion: Occasion, spec: ToolSpec | None, amount: float) -> RiskInput:
    data = {"public": 0.1, "internal": 0.3, "customer": 0.6, "confidential": 0.9}
    return RiskInput(
        confidence=occasion.confidence,
        money=min(1.0, amount / _MONEY_FULL_SCALE),
        data=data[spec.classification if spec else "confidential"],
        reversibility=spec.reversibility if spec else "irreversible",
        writes=spec is None or spec.effect == "write",
    )
