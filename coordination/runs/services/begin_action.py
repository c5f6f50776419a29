"""A tool is about to be called: with what, proposed by whom, and does the gate let it out?"""

from typing import Any
from uuid import UUID

from coordination.agents.manifest import ToolSpec
from coordination.agents.models import Agent, Tool
from coordination.engine.duration import seconds
from coordination.engine.flow import events as ev
from coordination.engine.flow.expressions import render
from coordination.engine.rules.wording import fill
from coordination.runs import gate
from coordination.runs.effects import ask_about_action
from coordination.runs.guard import Verdict, judge_action
from coordination.runs.loading import Loaded
from coordination.runs.models import Step, ToolCall
from coordination.runs.occasions import (
    brief,
    least_sure,
    note_decision,
    occasion_of,
    proposed_in,
    refusal_of,
    refuse,
)
from coordination.runs.work import TOOL_CALL, ActionWork


def begin_action(loaded: Loaded, row: Step, item_id: UUID) -> ActionWork | list[ev.Effect]:
    """Return the work of calling a tool, or the effects of not calling it."""
    definition = loaded.plan.definition(row.key)
    action = definition.action
    assert action is not None  # noqa: S101  (the kind of the row says so)
    if (refusal := refusal_of(loaded, row, TOOL_CALL)) is not None:
        return refuse(loaded, row, refusal)
    # What a person approved or edited stays as it is; only a step that nobody was asked about is rendered afresh.
    args: dict[str, Any] = row.parameters or {}
    if row.approval_id is None:
        args = render(action.args, loaded.state.scope(row.key))
    tool = loaded.registry.tool(loaded.run.organization_id, action.tool)
    proposer, is_gone = proposer_of(loaded, row, action.tool)
    if is_gone:
        message = "The agent that proposed this is not registered any more."
        return loaded.take(ev.StepFailed(row.key, "agent-unknown", message))
    verdict = judge_action(occasion_of(loaded, row), tool, action.tool, args, proposer)
    args = verdict.args
    loaded.decisions.append(verdict.decision)
    row.parameters, row.decision_id = args, verdict.decision.id
    row.agent, row.agent_version = (proposer.name, proposer.version) if proposer else ("", None)
    loaded.run.risk = max(loaded.run.risk or 0, verdict.risk.score)
    if row.approval_id is not None:
        loaded.let_others_write()
    released = gate.release(loaded.run, row, tool, args, proposer, verdict)
    if isinstance(released, gate.Refusal):
        note_decision(loaded, row, verdict.decision)
        return loaded.take(ev.StepFailed(row.key, released.code, released.message))
    if isinstance(released, gate.NeedsApproval):
        return _hold(loaded, row, tool, args, proposer, verdict)
    _note_release(loaded, row, released, verdict)
    spec = ToolSpec.model_validate(tool.spec if tool else {})
    return ActionWork(
        run_id=loaded.run.id,
        organization_id=loaded.run.organization_id,
        item_id=item_id,
        step_key=row.key,
        attempt=row.attempt + 1,
        adapter=spec.adapter.model_dump(exclude_none=True),
        args=args,
        idempotency_key=released.idempotency_key,
        timeout_s=seconds(definition.timeout or spec.timeout),
        only_reads=spec.effect == "read",
        said=brief(verdict.decision),
    )


def _hold(
    loaded: Loaded, row: Step, tool: Tool | None, args: dict[str, Any], proposer: Agent | None, verdict: Verdict
) -> list[ev.Effect]:
    spec = ToolSpec.model_validate(tool.spec if tool else {})
    # The sentence may name arguments that this call leaves out; they read as a dash.
    intent = fill(spec.summary, {"args": args}) if spec.summary else f"Call {row.title or row.key}."
    decision = verdict.decision
    ask_about_action(
        loaded,
        row,
        gate.stages_of(decision),
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
        confidence=least_sure(loaded, row.parent or row.key),
        owners=gate.owners_of(proposer),
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
            "risk_parts": dict(verdict.risk.contributions),
            **brief(verdict.decision),
        },
    )


def proposer_of(loaded: Loaded, row: Step, tool: str) -> tuple[Agent | None, bool]:
    """Return the agent whose result proposed this action, and whether it is gone."""
    last = proposed_in(loaded, row, tool)
    if last is None:
        return None, False
    agent = Agent.objects.filter(organization_id=loaded.run.organization_id, name=last.agent).first()
    return agent, agent is None
