"""Which agents worked, how long, on what data, and why: the answer to who did what."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coordination.approvals.models import ApprovalRequest
from coordination.approvals.selectors import requests_about
from coordination.policies.models import PolicyDecision
from coordination.policies.selectors import decisions_of_run
from coordination.runs.models import DataAccess, Run, Step, ToolCall
from coordination.runs.selectors.finding import accesses_of, actions_of, steps_of


@dataclass(frozen=True, slots=True)
class Activation:
    """One agent's work on one step; `worked_s` adds up all its attempts, `why` is what it was called for."""

    agent: str
    version: int | None
    role: str
    step: str
    why: str
    worked_s: float
    attempts: int
    status: str
    confidence: float | None
    cost_microusd: int
    rationale: str
    started_at: datetime | None
    finished_at: datetime | None
    failed: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that explains a run."""

    run: Run
    steps: list[Step]
    agents: list[Activation]
    data: list[DataAccess]
    decisions: list[PolicyDecision]
    approvals: list[ApprovalRequest]
    actions: list[ToolCall]
    summary: list[str] = field(default_factory=list)


def explain(run: Run) -> Explanation:
    """Return who worked on a run, for how long, with which data, under which decisions."""
    steps = steps_of(run)
    decisions = list(decisions_of_run(run.organization, run.id))
    approvals = list(requests_about(run.organization, f"run:{run.id}"))
    agents = [activation for step in steps for activation in _activations(step)]
    actions = actions_of(run)
    return Explanation(
        run=run,
        steps=steps,
        agents=agents,
        data=accesses_of(run),
        decisions=decisions,
        approvals=approvals,
        actions=actions,
        summary=_summary(run, agents, decisions, approvals, actions),
    )


def _activations(step: Step) -> list[Activation]:
    """Return one line per agent that tried the step, the one that works on it now included."""
    if step.kind != "agent":
        return []
    tried: dict[tuple[str, int | None], list[dict[str, Any]]] = {}
    for attempt in step.attempts:
        tried.setdefault((attempt["agent"], attempt["version"]), []).append(attempt)
    if step.status == "running":
        tried.setdefault((step.agent, step.agent_version), [])
    return [_activation(step, agent, version, attempts) for (agent, version), attempts in tried.items()]


def _activation(step: Step, agent: str, version: int | None, attempts: list[dict[str, Any]]) -> Activation:
    present = agent == step.agent
    last = attempts[-1] if attempts else {}
    return Activation(
        agent=agent,
        version=version,
        role=step.agent_role if present else "",
        step=step.key,
        why=f"{step.title or step.key}: {step.capability or 'chosen by name'}",
        worked_s=sum(_worked_s(attempt) for attempt in attempts),
        attempts=len(attempts) or 1,
        status=step.status if present else last.get("status", ""),
        confidence=last.get("confidence"),
        cost_microusd=sum(attempt.get("cost_microusd", 0) for attempt in attempts),
        rationale=step.rationale if present else last.get("error", {}).get("message", ""),
        started_at=_moment(attempts[0]["started_at"]) if attempts else step.started_at,
        finished_at=_moment(last["finished_at"]) if last else None,
        failed=last.get("status") == "failed",
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _worked_s(attempt: dict[str, Any]) -> float:
    started, finished = _moment(attempt["started_at"]), _moment(attempt["finished_at"])
    return (finished - started).total_seconds() if started and finished else 0.0


def _summary(
    run: Run,
    agents: list[Activation],
    decisions: list[PolicyDecision],
    approvals: list[ApprovalRequest],
    actions: list[ToolCall],
) -> list[str]:
    """Return the run in a few sentences."""
    names = sorted({activation.agent for activation in agents})
    worked = sum(activation.worked_s for activation in agents)
    told = [f"{_count(len(names), 'agent')} worked {worked:.1f} s on {run.title}: {', '.join(names) or 'none'}."]
    asked = sum(decision.outcome == "require_approval" for decision in decisions)
    denied = sum(decision.outcome == "deny" for decision in decisions)
    told.append(
        f"Policy decided {_count(len(decisions), 'time')}: {asked} asked for a person, {denied} stopped something."
    )
    told += [f"{request.title}: {request.get_state_display()}." for request in approvals]
    told += [f"{action.tool} was released once; it {action.get_status_display().lower()}." for action in actions]
    if run.stop_reason:
        told.append(run.stop_reason)
    return told


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
