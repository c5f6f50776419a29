"""What policies are asked at every hook: the facts, and the verdict; what costs something only if a rule asks."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings

from coordination.accounts.models import Organization
from coordination.agents.manifest import ToolSpec
from coordination.agents.models import Agent, Tool
from coordination.agents.selectors import agent_named
from coordination.engine.rules.hooks import ACTION, AGENT_CALL
from coordination.engine.rules.provenance import tools_for
from coordination.engine.trust.risk import Risk
from coordination.engine.trust.sampling import draw_of
from coordination.policies.services import Decision, Lookups, decide
from coordination.risk.services import standing_of
from coordination.runs.history import RunHistory, rates
from coordination.runs.models import Run
from coordination.runs.stakes import Grounds, money_in, risk_of
from coordination.shared.clock import now

MICRO = 1_000_000
_DAY_S = 86_400


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
    # What an act here rests on, for its risk: calls of agents are not scored, and need not find out.
    grounds: Callable[[], Grounds] = Grounds
    # Names the policies that hold; whoever gives it writes the decision's record in the same transaction.
    stamp: UUID | None = None
    # How more is found out about the place: the run's input, the task, what an agent elsewhere tells.
    more: Callable[[], Lookups] = dict


@dataclass(frozen=True, slots=True)
class Verdict:
    """What policy decided about an action, how much is at stake, and the arguments that may leave."""

    decision: Decision
    risk: Risk
    amount: float
    args: dict[str, Any]


def judge_agent_call(
    occasion: Occasion, agent: Agent, capability: str, given: Any = None, cost_usd: float = 0.0
) -> Decision:
    """Decide whether this agent may be called now; rules may take something out of what it is given."""
    about = {"hook": AGENT_CALL, "step.kind": "agent", "capability": capability, **agent_facts(agent)}

    def more() -> Lookups:
        call: Lookups = {
            "call.input": lambda: given if isinstance(given, dict) else {},
            "call.cost_usd": lambda: cost_usd,
        }
        return {**call, **about_agent(occasion, agent.name, agent)}

    return judge(occasion, about, more)


def judge_action(
    occasion: Occasion,
    tool: Tool | None,
    tool_name: str,
    args: dict[str, Any],
    proposer: Agent | None,
    hook: str = ACTION,
) -> Verdict:
    """Decide whether this exact action may leave, and score its risk; an unknown tool is denied.

    Rules may take something out of the arguments: what they leave is what may be done.
    """
    spec = ToolSpec.model_validate(tool.spec) if tool else None
    amount = money_in(spec, args)
    risk = risk_of(standing_of(occasion.organization), spec, tool_name, args, amount, proposer, occasion.grounds())
    about = {
        "hook": hook,
        "step.kind": "action",
        "action.name": tool_name,
        "action.known": tool is not None,
        "action.args": args,
        "action.amount": amount,
        "risk.score": risk.score,
        "risk.likelihood": risk.likelihood,
        "risk.parts": dict(risk.contributions),
        **(_tool_facts(tool, spec) if tool and spec else {}),
        **(agent_facts(proposer) if proposer else {}),
    }

    def more() -> Lookups:
        return _about_action(occasion, tool, tool_name, args, proposer)

    decision = judge(occasion, about, more)
    left = decision.content if decision.places else args
    return Verdict(decision, risk, amount, left)


def judge(occasion: Occasion, about: Mapping[str, Any], more: Callable[[], Lookups] | None = None) -> Decision:
    """Decide an act by what is known about it and about where it comes up."""
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
        lookups=lambda: {**(more() if more else {}), **occasion.more()},
    )


def run_facts(run: Run) -> dict[str, Any]:
    """Return what rules may always know about a run."""
    return {
        "run.id": str(run.id),
        "run.workflow": run.workflow_name,
        "run.version": run.workflow_number,
        "run.cost_usd": run.cost_microusd / MICRO,
        "run.started_by": run.started_by_name,
        "run.priority": run.priority,
    }


def agent_facts(agent: Agent) -> dict[str, Any]:
    """Return what rules may always know about an agent."""
    return {
        "agent.name": agent.name,
        "agent.version": agent.version,
        "agent.role": agent.role_name,
        "agent.authority": agent.limits.get("authority", 0),
        "agent.status": agent.status,
        "agent.labels": labels_of(agent),
    }


def labels_of(thing: Agent | Tool) -> list[str]:
    """Return labels as rules read them: name=value."""
    return [f"{key}={value}" for key, value in thing.labels.items()]


def _tool_facts(tool: Tool, spec: ToolSpec) -> dict[str, Any]:
    return {
        "action.version": tool.version,
        "action.effect": spec.effect,
        "action.reversibility": spec.reversibility,
        "action.classification": spec.classification,
    }


def about_agent(
    occasion: Occasion, name: str, agent: Agent | None, tool: str = "", args: Any = None
) -> dict[str, Callable[[], Any]]:
    """Return how more is found out about an agent, if there is one, and about what it and its run did before."""
    found: dict[str, Callable[[], Any]] = {}
    organization_id = occasion.organization.pk
    if name:
        found["agent.age_days"] = lambda: _age_days(agent or agent_named(occasion.organization, name))
        found |= rates(organization_id, name)
    if occasion.run_id is not None:
        found |= RunHistory(organization_id, occasion.run_id, occasion.step, tool, args).lookups()
    return found


def _age_days(agent: Agent) -> float:
    return (now() - agent.created_at).total_seconds() / _DAY_S


def _draw(occasion: Occasion, tool: str, args: dict[str, Any]) -> float:
    """Return a number for samples: repeating an action draws no other one."""
    exact = json.dumps(args, sort_keys=True, default=str)
    return draw_of(settings.SECRET_KEY, "action", occasion.organization.pk, occasion.run_id, tool, exact)


def _about_action(
    occasion: Occasion, tool: Tool | None, name: str, args: dict[str, Any], proposer: Agent | None
) -> Lookups:
    offered = [name, *(proposer.limits.get("tools", []) if proposer else ())]
    prompt = occasion.more().get("task.prompt", str)
    return {
        "action.labels": lambda: labels_of(tool) if tool else [],
        "action.draw": lambda: _draw(occasion, name, args),
        "task.tools": lambda: sorted({*tools_for(prompt(), offered)}),
        **about_agent(occasion, proposer.name if proposer else "", proposer, name, args),
    }
