"""May this action leave the house? The one place that releases one, inside the claiming transaction."""

from dataclasses import asdict, dataclass
from typing import Any

from coordination.accounts.sign_in import is_strong_enough
from coordination.agents.models import Agent, Tool
from coordination.approvals.errors import ApprovalRefused
from coordination.approvals.models import ApprovalRequest, State
from coordination.approvals.question import Stage
from coordination.approvals.selectors import get_request
from coordination.approvals.services import consume, invalidate
from coordination.engine.flow.definition import input_errors
from coordination.engine.proof.digest import action_digest
from coordination.engine.rules.hooks import AGENT_CALL
from coordination.policies.services import Decision, count
from coordination.runs.guard import Verdict
from coordination.runs.models import Run, Step, ToolCall, ToolCallStatus
from coordination.shared.clock import now


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the action stays inside: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class NeedsApproval:
    """A person must agree first."""

    decision: Decision


def idempotency_key(run: Run, row: Step) -> str:
    """Return the key under which this action happens at most once; a person's retry is a new action."""
    return f"{run.id}:{row.key}:{row.generation}"


def digest_of_action(run: Run, row: Step, tool: Tool, args: dict[str, Any], proposer: Agent | None) -> str:
    """Return what an approval of this action is bound to."""
    return action_digest(
        organization=str(run.organization_id),
        agent=proposer.name if proposer else "",
        agent_version=proposer.version if proposer else None,
        on_behalf_of=run.started_by_name,
        operation=tool.name,
        tool_version=tool.version,
        resource="",
        parameters=args,
        idempotency_key=idempotency_key(run, row),
    )


def stages_of(decision: Decision) -> list[Stage]:
    """Return whom policy wants to be asked, one stage after the other, as approvals know it."""
    return [Stage(**asdict(asked)) for asked in decision.chain] or [Stage()]


def owners_of(agent: Agent | None) -> list[str]:
    """Return who answers for an agent: at a high risk they do not approve what it does."""
    owner = str(agent.spec.get("owner") or "") if agent else ""
    return [owner] if owner else []


def release(
    run: Run, row: Step, tool: Tool | None, args: dict[str, Any], proposer: Agent | None, verdict: Verdict
) -> ToolCall | Refusal | NeedsApproval:
    """Release an action, or say why not. `verdict` is the live policy's, taken in this transaction."""
    decision = verdict.decision
    if tool is None:
        return Refusal("tool-unknown", "There is no such tool.")
    if run.organization.halted_at is not None:
        return Refusal("halted", "The organization's stop switch is on.")
    if decision.outcome == "deny":
        return Refusal("policy-denied", _because(decision))
    beyond = _beyond_authority(tool, proposer)
    if beyond:
        return beyond
    broken = input_errors(tool.spec["input"], args)
    if broken:
        return Refusal("arguments-invalid", f"The arguments do not fit {tool.name}: {broken[0][1]}")
    if decision.outcome == "require_approval":
        if row.approval_id is None or not row.approved:
            return NeedsApproval(decision)
        request = get_request(run.organization, row.approval_id)
        if request.is_synthetic:
            return Refusal("synthetic", "This was an exercise, which never releases anything.")
        if not covers(request, decision):
            invalidate(request, "policy now asks someone else")
            return NeedsApproval(decision)
        digest = digest_of_action(run, row, tool, args, proposer)
        try:
            if not _failed_before(run, row, request, digest):
                consume(request.id, digest)
            count(run.organization_id, decision)
        except ApprovalRefused as error:
            return Refusal(error.code, str(error))
    return _released(run, row, tool, args, proposer, decision)


def may_call(run: Run, row: Step, agent: Agent, decision: Decision) -> bool:
    """Tell whether people agreed to exactly this call; the first attempt uses their approval up."""
    if row.approval_id is None or not row.approved:
        return False
    request = get_request(run.organization, row.approval_id)
    if request.is_synthetic:
        return False
    if not covers(request, decision) or request.action_digest != digest_of_call(run, row, agent):
        invalidate(request, "another agent is to be called now, or policy now asks someone else")
        return False
    try:
        if request.state != State.CONSUMED:
            consume(request.id, request.action_digest)
    except ApprovalRefused:
        return False
    count(run.organization_id, decision)
    return True


def digest_of_call(run: Run, row: Step, agent: Agent) -> str:
    """Return what an approval of this agent's call is bound to."""
    return action_digest(
        organization=str(run.organization_id),
        agent=agent.name,
        agent_version=agent.version,
        on_behalf_of=run.started_by_name,
        operation=AGENT_CALL,
        tool_version=None,
        resource="",
        parameters=row.parameters or {},
        idempotency_key=idempotency_key(run, row),
    )


def _failed_before(run: Run, row: Step, request: ApprovalRequest, digest: str) -> bool:
    """Tell whether this approval released exactly this action already, and it is known to have failed."""
    before = {"approval_id": request.id, "digest": digest, "status": ToolCallStatus.FAILED}
    return ToolCall.objects.filter(idempotency_key=idempotency_key(run, row), **before).exists()


def _released(
    run: Run, row: Step, tool: Tool, args: dict[str, Any], proposer: Agent | None, decision: Decision
) -> ToolCall | Refusal:
    call, created = ToolCall.objects.get_or_create(
        idempotency_key=idempotency_key(run, row),
        defaults={
            "organization_id": run.organization_id,
            "run": run,
            "step_key": row.key,
            "tool": tool.name,
            "tool_version": tool.version,
            "args": args,
            "digest": digest_of_action(run, row, tool, args, proposer),
            "approval_id": row.approval_id,
            "decision_id": decision.id,
            "released_at": now(),
        },
    )
    if created:
        return call
    # Only a call that is known to have failed may be repeated, with the same arguments and the same key.
    if call.status == ToolCallStatus.FAILED and call.args == args:
        call.status, call.error = ToolCallStatus.RELEASED, None
        call.decision_id = decision.id
        call.save(update_fields=["status", "error", "decision_id"])
        return call
    return Refusal("already-released", "This action was released before; a person must decide whether to repeat it.")


def covers(request: ApprovalRequest, decision: Decision) -> bool:
    """Tell whether all whom policy asks for now are among those who approved.

    An escalation went higher than one stage; where the glass was broken, an admin answered for all of them.
    """
    if request.is_glass_broken or decision.outcome == "allow":
        return True
    satisfied = [Stage.of(kept) for kept in request.chain or [request.stage]]
    missing = 0
    for asked in sorted(stages_of(decision), key=lambda stage: -stage.n_required):
        fit = next((stage for stage in satisfied if _is_as_strict(stage, asked)), None)
        if fit is None:
            missing += 1
        else:
            satisfied.remove(fit)
    return missing <= request.escalation_level


def _is_as_strict(stage: Stage, asked: Stage) -> bool:
    """Tell whether a stage that approved is the one that is asked for, or asked more of the same people."""
    same = (stage.role, stage.group, sorted(stage.users)) == (asked.role, asked.group, sorted(asked.users))
    return (
        same
        and stage.n_required >= asked.n_required
        and stage.deny_threshold <= asked.deny_threshold
        and (stage.distinct_units or not asked.distinct_units)
        and is_strong_enough(stage.min_auth, asked.min_auth)
    )


def _beyond_authority(tool: Tool, proposer: Agent | None) -> Refusal | None:
    """Refuse what the proposing agent may not do, whatever policies say."""
    if proposer is None:
        return None
    if proposer.status != "active":
        return Refusal("agent-suspended", f"{proposer.name}, which proposed this, is suspended.")
    if tool.name not in proposer.limits.get("tools", []):
        return Refusal("beyond-authority", f"{proposer.name} may not use {tool.name}.")
    return None


def _because(decision: Decision) -> str:
    return " ".join(reason.message for reason in decision.reasons) or "Policy does not allow this."
