"""The first transaction of a step: decide, lease, write down; then the work may begin."""

from collections import deque
from dataclasses import asdict
from typing import Any

from django.db import transaction

from coordination.adapters.ports import Task
from coordination.agents.manifest import AgentSpec, ToolSpec
from coordination.agents.models import Agent, Tool
from coordination.agents.selectors import candidates
from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.duration import seconds
from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.definition import Step as StepDefinition
from coordination.engine.flow.expressions import render
from coordination.engine.flow.state import RUN_ENDED, RunStatus, StepStatus
from coordination.engine.proof.canonical import NotCanonical
from coordination.engine.rules.facts import AGENT_CALL
from coordination.engine.rules.wording import fill
from coordination.policies.services import Decision
from coordination.runs import gate
from coordination.runs.effects import ask_about_action, carry_out, hand_on
from coordination.runs.guard import Occasion, Verdict, judge_action, judge_agent_call
from coordination.runs.leases import LEASE
from coordination.runs.loading import Loaded, lock, subject_of
from coordination.runs.models import Step, ToolCall
from coordination.runs.work import ActionWork, AgentWork, Work

_MICRO = 1_000_000


@transaction.atomic
def claim(run_id: Any, step_key: str, worker: str, pool: str) -> Work | None:
    """Take a ready step for this worker, or return None: someone else has it, it must wait, or it was refused."""
    loaded = lock(run_id)
    row = loaded.rows.get(step_key)
    if row is None or row.status != StepStatus.READY or not may_begin(loaded):
        return None
    if row.due_at is not None and row.due_at > loaded.at:
        return None
    work = take_on(loaded, [ev.Offer(step_key)], worker, pool)
    loaded.save()
    return work


@transaction.atomic
def give_up(run_id: Any, step_key: str) -> None:
    """Fail a ready step that cannot even begin, so that it is not tried for ever."""
    loaded = lock(run_id)
    row = loaded.rows.get(step_key)
    if row is None or row.status != StepStatus.READY or not may_begin(loaded):
        return
    message = "This step cannot begin: something went wrong here. Whoever runs this finds it in the log."
    for offer in carry_out(loaded, _fail(loaded, row, "internal-error", message)):
        hand_on(loaded, offer)
    loaded.save()


def may_begin(loaded: Loaded) -> bool:
    """Tell whether steps of the run may begin at all now."""
    status = loaded.state.status
    halted = loaded.run.organization.halted_at is not None
    return status is not RunStatus.PAUSED and status not in RUN_ENDED and not halted


def take_on(loaded: Loaded, offers: list[ev.Offer], worker: str, pool: str, *, keep: bool = True) -> Work | None:
    """Begin the first offered step that this worker can do, and hand on the others."""
    waiting = deque(offers)
    work: Work | None = None
    while waiting:
        offer = waiting.popleft()
        row = loaded.rows[offer.step]
        if row.status != StepStatus.READY:
            continue
        if work is not None or not keep or offer.after_s or not may_begin(loaded):
            hand_on(loaded, offer)
            continue
        begun = _begin(loaded, row, worker, pool)
        if isinstance(begun, list):
            waiting.extend(carry_out(loaded, begun))
        elif begun is None:
            hand_on(loaded, offer)
        else:
            work = begun
    return work


def _begin(loaded: Loaded, row: Step, worker: str, pool: str) -> Work | list[ev.Effect] | None:
    """Return the work, or the effects of not beginning it, or None when it belongs to another pool."""
    try:
        row.facts = render(loaded.plan.steps[row.key].facts, loaded.state.scope())
        if row.kind == "agent":
            return _begin_agent(loaded, row, worker, pool)
        return _begin_action(loaded, row, worker)
    except (EvaluationError, ExpressionError) as error:
        return _fail(loaded, row, "expression-failed", str(error))
    except NotCanonical as error:
        return _fail(loaded, row, "arguments-invalid", f"These arguments cannot be written down exactly: {error}")


def _begin_agent(loaded: Loaded, row: Step, worker: str, pool: str) -> Work | list[ev.Effect] | None:
    definition = loaded.plan.steps[row.key]
    target = machine.target_of(loaded.plan, loaded.state, row.key)
    able = candidates(loaded.run.organization_id, name=target.name, role=target.role, capability=target.capability)
    if not able:
        return _fail(loaded, row, "no-agent", f"No active agent can take {target}.")
    agent = able[0]
    if agent.pool != pool:
        row.pool = agent.pool
        return None
    if _spent(loaded):
        return _fail(loaded, row, "budget-exhausted", "The run has spent its budget.")
    capability = target.capability or agent.capabilities[0]
    given = _given(loaded, row, definition)
    decision = judge_agent_call(_occasion(loaded, row), agent, capability)
    loaded.decisions.append(decision)
    row.decision_id, row.agent, row.agent_version = decision.id, agent.name, agent.version
    row.agent_role, row.capability, row.parameters = agent.role_name, capability, given
    if decision.outcome == "deny":
        _note_decision(loaded, row, decision)
        return _fail(loaded, row, "policy-denied", _said(decision))
    if decision.outcome == "require_approval" and not gate.may_call(loaded.run, row, agent, decision):
        return _hold_agent(loaded, row, agent, decision)
    _lease(loaded, row, worker, {"agent": agent.name, "version": agent.version, **_brief(decision)})
    spec = AgentSpec.model_validate(agent.spec)
    timeout_s = seconds(definition.timeout or spec.timeout)
    return AgentWork(
        run_id=loaded.run.id,
        organization_id=loaded.run.organization_id,
        step_id=row.id,
        step_key=row.key,
        fence=row.fence,
        adapter=spec.adapter.model_dump(exclude_none=True),
        task=Task(
            capability=capability,
            input=given,
            config=spec.config,
            agent=agent.name,
            idempotency_key=f"{gate.idempotency_key(loaded.run, row)}:{row.attempt}",
            timeout_s=timeout_s,
            attempt=row.attempt,
        ),
        reads=tuple(agent.limits.get("reads", [])),
        purpose=f"{row.title or row.key} in {loaded.run.workflow_name}"[:200],
        fixed_cost_microusd=spec.cost_microusd_per_call,
    )


def _given(loaded: Loaded, row: Step, definition: StepDefinition) -> Any:
    """Return the input of a call: what people approved or edited stays as it is."""
    if row.approval_id is not None and row.parameters is not None:
        return row.parameters
    return render(definition.input, loaded.state.scope()) if definition.input else loaded.run.input


def _begin_action(loaded: Loaded, row: Step, worker: str) -> Work | list[ev.Effect]:
    action = loaded.plan.steps[row.key].action
    assert action is not None  # noqa: S101  (the kind of the row says so)
    # What a person approved or edited stays as it is; only a step that nobody was asked about is rendered afresh.
    args: dict[str, Any] = row.parameters or {}
    if row.approval_id is None:
        args = render(action.args, loaded.state.scope())
    tool = Tool.objects.filter(organization_id=loaded.run.organization_id, name=action.tool).first()
    proposer, is_gone = _proposer(loaded, row, action.tool)
    if is_gone:
        return _fail(loaded, row, "agent-unknown", "The agent that proposed this is not registered any more.")
    verdict = judge_action(_occasion(loaded, row), tool, action.tool, args, proposer)
    loaded.decisions.append(verdict.decision)
    row.parameters, row.decision_id = args, verdict.decision.id
    row.agent, row.agent_version = (proposer.name, proposer.version) if proposer else ("", None)
    loaded.run.risk = max(loaded.run.risk or 0, verdict.risk.score)
    released = gate.release(loaded.run, row, tool, args, proposer, verdict)
    if isinstance(released, gate.Refusal):
        _note_decision(loaded, row, verdict.decision)
        return _fail(loaded, row, released.code, released.message)
    if isinstance(released, gate.NeedsApproval):
        return _hold_action(loaded, row, tool, args, proposer, verdict)
    _note_release(loaded, row, released, verdict)
    _lease(loaded, row, worker, _brief(verdict.decision))
    spec = ToolSpec.model_validate(tool.spec if tool else {})
    return ActionWork(
        run_id=loaded.run.id,
        organization_id=loaded.run.organization_id,
        step_id=row.id,
        step_key=row.key,
        fence=row.fence,
        adapter=spec.adapter.model_dump(exclude_none=True),
        args=args,
        idempotency_key=released.idempotency_key,
        timeout_s=seconds(loaded.plan.steps[row.key].timeout or spec.timeout),
        only_reads=spec.effect == "read",
    )


def _lease(loaded: Loaded, row: Step, worker: str, data: dict[str, Any]) -> None:
    loaded.take(ev.StepClaimed(row.key))
    row.fence += 1
    row.worker, row.lease_until, row.started_at = worker, loaded.at + LEASE, loaded.at
    row.finished_at = row.due_at = None
    if loaded.run.started_at is None:
        loaded.run.started_at = loaded.at
    loaded.note("StepClaimed", row.key, {"attempt": row.attempt, "worker": worker, **data})


def _hold_agent(loaded: Loaded, row: Step, agent: Agent, decision: Decision) -> list[ev.Effect]:
    ask_about_action(
        loaded,
        row,
        gate.stage_of(decision),
        operation=AGENT_CALL,
        title=f"Let {agent.title or agent.name} work on {row.title or row.key}",
        intent=f"{agent.name} is to be called for {row.capability}.",
        agent=agent.name,
        agent_version=agent.version,
        idempotency_key=gate.idempotency_key(loaded.run, row),
        policy_decision_id=decision.id,
        reasons=[reason.as_json() for reason in decision.reasons],
        reversibility="reversible",
    )
    return loaded.take(ev.StepHeld(row.key))


def _hold_action(
    loaded: Loaded, row: Step, tool: Tool | None, args: dict[str, Any], proposer: Agent | None, verdict: Verdict
) -> list[ev.Effect]:
    spec = ToolSpec.model_validate(tool.spec if tool else {})
    # The sentence may name arguments that this call leaves out; they read as a dash.
    intent = fill(spec.summary, {"args": args}) if spec.summary else f"Call {row.title or row.key}."
    decision = verdict.decision
    ask_about_action(
        loaded,
        row,
        gate.stage_of(decision),
        operation=tool.name if tool else "",
        tool_version=tool.version if tool else None,
        title=intent,
        intent=intent,
        agent=proposer.name if proposer else "",
        agent_version=proposer.version if proposer else None,
        idempotency_key=gate.idempotency_key(loaded.run, row),
        policy_decision_id=decision.id,
        reasons=[reason.as_json() for reason in decision.reasons],
        risk_score=verdict.risk.score,
        risk_band=verdict.risk.band,
        reversibility=spec.reversibility,
        confidence=_least_sure(loaded, row),
    )
    return loaded.take(ev.StepHeld(row.key))


def _note_release(loaded: Loaded, row: Step, call: ToolCall, verdict: Verdict) -> None:
    loaded.note(
        "ActionReleased",
        row.key,
        {
            "tool": call.tool,
            "tool_version": call.tool_version,
            "args": call.args,
            "digest": call.digest,
            "approval": str(call.approval_id) if call.approval_id else None,
            "risk": verdict.risk.score,
            **_brief(verdict.decision),
        },
    )


def _fail(loaded: Loaded, row: Step, code: str, message: str) -> list[ev.Effect]:
    return loaded.take(ev.StepFailed(row.key, code, message))


def _occasion(loaded: Loaded, row: Step) -> Occasion:
    run = loaded.run
    return Occasion(
        organization=run.organization,
        subject=subject_of(run.id, row.key),
        run_id=run.id,
        step=row.key,
        run={
            "run.id": str(run.id),
            "run.workflow": run.workflow_name,
            "run.version": run.workflow_number,
            "run.cost_usd": run.cost_microusd / _MICRO,
            "run.started_by": run.started_by_name,
            "run.priority": run.priority,
        },
        attempt=row.attempt + 1,
        facts=row.facts,
        confidence=_least_sure(loaded, row),
        stamp=loaded.stamp,
    )


def _least_sure(loaded: Loaded, row: Step) -> float | None:
    """Return the lowest confidence among the steps that this one rests on; None if none states one."""
    stated = [loaded.rows[need].confidence for need in _before(loaded, row.key)]
    return min((value for value in stated if value is not None), default=None)


def _before(loaded: Loaded, step_key: str) -> set[str]:
    seen: set[str] = set()
    queue = list(loaded.plan.steps[step_key].needs)
    while queue:
        need = queue.pop()
        if need not in seen:
            seen.add(need)
            queue.extend(loaded.plan.steps[need].needs)
    return seen


def _proposer(loaded: Loaded, row: Step, tool: str) -> tuple[Agent | None, bool]:
    """Return the agent whose result proposed this action, the last before it that named the tool; and if it is gone."""
    earlier = [loaded.rows[key] for key in _before(loaded, row.key)]
    named = [r for r in earlier if any(proposal.get("tool") == tool for proposal in r.proposals)]
    if not named:
        return None, False
    last = max(named, key=lambda r: r.position)
    agent = Agent.objects.filter(organization_id=loaded.run.organization_id, name=last.agent).first()
    return agent, agent is None


def _spent(loaded: Loaded) -> bool:
    budget = loaded.plan.spec.budget
    return budget is not None and loaded.run.cost_microusd >= budget.cost_usd * _MICRO


def _note_decision(loaded: Loaded, row: Step, decision: Decision) -> None:
    reasons = [asdict(reason) for reason in decision.reasons]
    loaded.note("PolicyDecided", row.key, {**_brief(decision), "reasons": reasons})


def _brief(decision: Decision) -> dict[str, Any]:
    return {"decision": str(decision.id), "outcome": str(decision.outcome)}


def _said(decision: Decision) -> str:
    return " ".join(reason.message for reason in decision.reasons) or "Policy does not allow this."
