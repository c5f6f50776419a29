"""What a run says, after its end, about those who answered and about what was done in it.

An answer is wrong if it failed, if a person overrode it, or if an action that it proposed was rejected or had to be
edited. An action is wrong if it failed, if nobody knows whether it happened, if a person rejected or edited it, or if
it was taken back. What policies or budgets stopped did not happen, and says nothing about either.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from coordination.approvals.models import ApprovalRequest, State, Verdict
from coordination.engine.flow.state import StepStatus
from coordination.risk.models import Kind, Why
from coordination.risk.services import Seen
from coordination.runs.models import Run, Step, ToolCall, ToolCallStatus

# What ends an attempt although the agent did nothing wrong.
_NOT_ITS_FAULT: Final = frozenset({"policy-denied", "policy-error", "budget-exhausted", "halted", "cancelled"})
_OF_CALL: Final = {
    ToolCallStatus.FAILED: Why.FAILED,
    ToolCallStatus.UNKNOWN: Why.UNKNOWN,
    ToolCallStatus.RELEASED: Why.UNKNOWN,
}
_REJECTED: Final = "rejected"

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended, with the approvals and the facts of decisions that belong to it, by identifier."""

    run: Run
    steps: Sequence[Step]
    calls: Sequence[ToolCall]
    requests: Mapping[UUID, ApprovalRequest]
    known: Mapping[UUID, Facts]
    # Why an agent was wrong to propose a tool.
    blamed: dict[tuple[str, str], str] = field(default_factory=dict)


def seen_in(ended: Ended) -> list[Seen]:
    """Return every outcome of a run."""
    steps = {step.key: step for step in ended.steps}
    acts = [_of_call(ended, call, steps.get(call.step_key)) for call in ended.calls]
    acts += [seen for step in ended.steps if (seen := _of_rejection(ended, step)) is not None]
    # The last who proposed a tool is who proposed the action.
    proposed = {
        (one.agent, str(p.get("tool"))): one.key for one in sorted(ended.steps, key=_position) for p in one.proposals
    }
    answers = [seen for step in ended.steps if step.kind == "agent" for seen in _of_answers(ended, step, proposed)]
    return [*acts, *answers]


def of_guarded(request: ApprovalRequest, known: Mapping[UUID, Facts]) -> list[Seen]:
    """Return what people said about one act of an agent that runs elsewhere: about the act, and about the agent."""
    why = Why.REJECTED if request.state == State.REJECTED else Why.EDITED if _was_edited(request) else ""
    facts = known.get(request.policy_decision_id, {}) if request.policy_decision_id else {}
    act = Seen(
        kind=Kind.ACT,
        source=f"approval:{request.pk}",
        run_id=None,
        step_key="",
        who=request.agent,
        version=request.agent_version,
        what=request.operation[:63],
        happened_at=request.decided_at or request.created_at,
        why=why,
        amount=facts.get("action.amount"),
        score=request.risk_score,
        likelihood=facts.get("risk.likelihood"),
    )
    answer = Seen(
        Kind.ANSWER, act.source, None, "", act.who, act.version, "", act.happened_at, why, confidence=request.confidence
    )
    return [act, answer]


def _of_call(ended: Ended, call: ToolCall, step: Step | None) -> Seen:
    why: str = _OF_CALL.get(ToolCallStatus(call.status), "")
    if not why and step is not None and step.status == StepStatus.COMPENSATED:
        why = Why.COMPENSATED
    request = ended.requests.get(call.approval_id) if call.approval_id else None
    if not why and request is not None and _was_edited(request):
        why = Why.EDITED
        ended.blamed[request.agent, call.tool] = why
    facts = ended.known.get(call.decision_id, {}) if call.decision_id else {}
    return _act(
        ended, call.step_key, call.idempotency_key, call.tool, step, why, facts, call.finished_at or call.released_at
    )


def _of_rejection(ended: Ended, step: Step) -> Seen | None:
    """Return an action that people did not let happen."""
    request = ended.requests.get(step.approval_id) if step.approval_id else None
    if step.kind != "action" or request is None or request.state != State.REJECTED:
        return None
    ended.blamed[request.agent, request.operation] = Why.REJECTED
    facts = ended.known.get(request.policy_decision_id, {}) if request.policy_decision_id else {}
    source = f"{ended.run.pk}:{step.key}:{step.generation}:{_REJECTED}"
    decided = request.decided_at or request.created_at
    return _act(ended, step.key, source, request.operation, step, Why.REJECTED, facts, decided)


def _act(
    ended: Ended, key: str, source: str, tool: str, step: Step | None, why: str, facts: Facts, at: datetime
) -> Seen:
    agent = step.agent if step is not None else ""
    return Seen(
        kind=Kind.ACT,
        source=source,
        run_id=ended.run.pk,
        step_key=key,
        who=agent or f"workflow:{ended.run.workflow_name}",
        version=step.agent_version if step is not None and agent else None,
        what=tool,
        happened_at=at,
        why=why,
        amount=facts.get("action.amount"),
        confidence=facts.get("confidence"),
        score=facts.get("risk.score"),
        likelihood=facts.get("risk.likelihood"),
    )


def _of_answers(ended: Ended, step: Step, proposed: Mapping[tuple[str, str], str]) -> Iterator[Seen]:
    last = step.attempts[-1] if step.attempts else None
    for attempt in step.attempts:
        agent, code = attempt.get("agent") or "", (attempt.get("error") or {}).get("code", "")
        if not agent or code in _NOT_ITS_FAULT:
            continue
        why = ""
        if attempt["status"] == "failed":
            was_overridden = attempt is last and step.status == StepStatus.SUCCEEDED
            why = Why.OVERRIDDEN if was_overridden else Why.FAILED
        elif attempt is last:
            why = _blame(ended, step, agent, proposed)
        yield Seen(
            kind=Kind.ANSWER,
            source=f"{ended.run.pk}:{step.key}:{attempt['number']}",
            run_id=ended.run.pk,
            step_key=step.key,
            who=agent,
            version=attempt.get("version"),
            what=step.capability,
            happened_at=datetime.fromisoformat(attempt["finished_at"]),
            why=why,
            confidence=attempt.get("confidence"),
        )


def _blame(ended: Ended, step: Step, agent: str, proposed: Mapping[tuple[str, str], str]) -> str:
    """Return why what a step proposed was wrong, if it was the last to propose it."""
    tools = [str(proposal.get("tool")) for proposal in step.proposals]
    found = (ended.blamed.get((agent, tool), "") for tool in tools if proposed.get((agent, tool)) == step.key)
    return next((why for why in found if why), "")


def _was_edited(request: ApprovalRequest) -> bool:
    return any(decision.verdict == Verdict.EDIT for decision in request.decisions.all())


def _position(step: Step) -> tuple[int, str]:
    return step.position, step.key
