"""An agent is about to be called: who, with what, and may it?"""

from functools import partial
from typing import Any
from uuid import UUID

from coordination.adapters.ports import Task
from coordination.agents.models import Agent
from coordination.engine.duration import seconds
from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.budget import Planned
from coordination.engine.flow.definition import Step as StepDefinition
from coordination.engine.flow.expressions import render
from coordination.engine.rules.hooks import AGENT_CALL
from coordination.policies.services import Decision
from coordination.runs import gate
from coordination.runs.admission import Later, is_limited
from coordination.runs.effects import able_agents, ask_about_action
from coordination.runs.guard import MICRO, judge_agent_call
from coordination.runs.loading import Loaded
from coordination.runs.models import Step
from coordination.runs.occasions import because, brief, note_decision, occasion_of, refusal_of, refuse
from coordination.runs.purses import Limit, Refusal
from coordination.runs.services.messaging import given_to
from coordination.runs.work import AgentWork


def begin_call(loaded: Loaded, row: Step, item_id: UUID) -> AgentWork | list[ev.Effect] | Later:
    """Return the work of calling an agent, the effects of not calling one, or when one may have room."""
    definition = loaded.plan.definition(row.key)
    target = machine.target_of(loaded.plan, loaded.state, row.key)
    able = able_agents(loaded, row.key, target)
    if not able:
        return loaded.take(ev.StepFailed(row.key, "no-agent", f"No active agent can take {target}."))
    if machine.spreads(loaded.plan, loaded.state, row.key):
        return loaded.take(ev.StepSpread(row.key, tuple(agent.name for agent in able)))
    # Those that work elsewhere are left to the workers there.
    here = [one for one in able if one.pool == able[0].pool]
    agent = loaded.registry.admission.choose(here, loaded.at, partial(_refusal, loaded, row))
    if isinstance(agent, Later):
        return agent
    if isinstance(agent, Refusal):
        return refuse(loaded, row, agent)
    capability = target.capability or agent.capabilities[0]
    given = _given(loaded, row, definition)
    decision = judge_agent_call(occasion_of(loaded, row), agent, capability, given, cost_usd_of(agent))
    given = decision.content if decision.places else given
    loaded.decisions.append(decision)
    row.decision_id, row.agent, row.agent_version = decision.id, agent.name, agent.version
    row.agent_role, row.capability, row.parameters = agent.role_name, capability, given
    if decision.outcome == "deny":
        note_decision(loaded, row, decision)
        return loaded.take(ev.StepFailed(row.key, "policy-denied", because(decision)))
    if row.approval_id is not None:
        loaded.let_others_write()
    if decision.outcome == "require_approval" and not gate.may_call(loaded.run, row, agent, decision):
        return _hold(loaded, row, agent, decision)
    return _work(loaded, row, item_id, agent, definition, given, decision)


def _work(
    loaded: Loaded, row: Step, item_id: UUID, agent: Agent, definition: StepDefinition, given: Any, decision: Decision
) -> AgentWork:
    spec = loaded.registry.spec_of(agent)
    attempt = row.attempt + 1
    messages = given_to(loaded, row, agent.name, attempt)
    heard = {"messages": [message.id for message in messages]} if messages else {}
    return AgentWork(
        run_id=loaded.run.id,
        organization_id=loaded.run.organization_id,
        item_id=item_id,
        step_key=row.key,
        attempt=attempt,
        adapter=spec.adapter.model_dump(exclude_none=True),
        task=Task(
            capability=row.capability,
            input=given,
            config=spec.config,
            agent=agent.name,
            idempotency_key=f"{gate.idempotency_key(loaded.run, row)}:{attempt}",
            timeout_s=seconds(definition.timeout or spec.timeout),
            attempt=attempt,
            messages=messages,
        ),
        reads=tuple(agent.limits.get("reads", [])),
        purpose=f"{row.title or row.key} in {loaded.run.workflow_name}"[:200],
        fixed_cost_microusd=spec.cost_microusd_per_call,
        step_id=row.pk,
        began_at=loaded.at,
        scopes=tuple(loaded.purses.scopes(row)),
        limited_agent=agent.pk if is_limited(agent) else None,
        planned=most_of(agent),
        said={"agent": agent.name, "version": agent.version, **heard, **brief(decision)},
    )


def _given(loaded: Loaded, row: Step, definition: StepDefinition) -> Any:
    """Return the input of a call: what people approved or edited stays as it is."""
    if row.approval_id is not None and row.parameters is not None:
        return row.parameters
    given = render(definition.input, loaded.state.scope(row.key)) if definition.input else loaded.run.input
    return machine.briefed(loaded.plan, loaded.state, row.key, given)


def _refusal(loaded: Loaded, row: Step, agent: Agent, day: Limit | None) -> Refusal | None:
    """Return why budgets do not allow a call of an agent."""
    if day is not None:
        loaded.purses.adopt(agent.name, day)
    return refusal_of(loaded, row, most_of(agent), agent.name)


def most_of(agent: Agent) -> Planned:
    """Return the most that a call takes, as far as the agent's manifest says."""
    most_usd, fixed = agent.spec.get("max_cost_usd_per_call"), agent.spec.get("cost_microusd_per_call", 0)
    cost = fixed if most_usd is None else max(fixed, round(most_usd * MICRO))
    return Planned(cost or (None if most_usd is None else 0), agent.spec.get("max_tokens_per_call"))


def cost_usd_of(agent: Agent) -> float:
    """Return the most that a call costs, in dollars."""
    return (most_of(agent).cost_microusd or 0) / MICRO


def _hold(loaded: Loaded, row: Step, agent: Agent, decision: Decision) -> list[ev.Effect]:
    ask_about_action(
        loaded,
        row,
        gate.stages_of(decision),
        operation=AGENT_CALL,
        title=f"Let {agent.title or agent.name} work on {row.title or row.key}",
        intent=f"{agent.name} is to be called for {row.capability}.",
        agent=agent.name,
        agent_version=agent.version,
        idempotency_key=gate.idempotency_key(loaded.run, row),
        policy_decision_id=decision.id,
        reasons=[reason.as_json() for reason in decision.reasons],
        reversibility="reversible",
        owners=gate.owners_of(agent),
    )
    return loaded.take(ev.StepHeld(row.key))
