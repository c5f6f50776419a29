"""What is known about a step when policies are asked about it."""

from typing import Any

from coordination.accounts.actors import Actor
from coordination.engine.flow import events as ev
from coordination.engine.flow.budget import Planned
from coordination.engine.flow.graph import is_undo
from coordination.engine.flow.state import StepStatus
from coordination.policies.services import Decision
from coordination.runs.guard import Occasion
from coordination.runs.loading import Loaded, subject_of
from coordination.runs.models import Step

MICRO = 1_000_000


def occasion_of(loaded: Loaded, row: Step) -> Occasion:
    """Return where the question comes up."""
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
            "run.cost_usd": run.cost_microusd / MICRO,
            "run.started_by": run.started_by_name,
            "run.priority": run.priority,
        },
        attempt=row.attempt + 1,
        facts=row.facts,
        confidence=least_sure(loaded, row.parent or row.key),
        stamp=loaded.stamp,
    )


def least_sure(loaded: Loaded, key: str) -> float | None:
    """Return the lowest confidence among the steps that this one rests on; None if none states one."""
    ended = (StepStatus.SUCCEEDED, StepStatus.FAILED)
    needs = loaded.plan.steps[key].needs if key in loaded.plan.steps else []
    loaded.rows.fetch(needs)
    stated = [loaded.rows[need].least_sure for need in needs if loaded.state.steps[need].status in ended]
    return min((value for value in stated if value is not None), default=None)


def refused_by_budget(loaded: Loaded, row: Step, planned: Planned) -> list[ev.Effect] | None:
    """Return the effects of a call that a budget does not allow; what is undone is counted, but never refused."""
    refusal = None if is_undo(row.key) else loaded.purses.refusal(row.parent or row.key, planned, loaded.at)
    if refusal is None:
        return None
    loaded.note("BudgetRefused", row.key, refusal.said)
    return loaded.take(ev.StepFailed(row.key, "budget-exhausted", refusal.message))


def note_decision(loaded: Loaded, row: Step, decision: Decision) -> None:
    """Put on record what policy decided, with its reasons."""
    reasons = [reason.as_json() for reason in decision.reasons]
    loaded.note("PolicyDecided", row.key, {**brief(decision), "reasons": reasons})


def brief(decision: Decision) -> dict[str, Any]:
    """Return what other records say about a decision."""
    return {"decision": str(decision.id), "outcome": str(decision.outcome)}


def because(decision: Decision) -> str:
    """Return a decision's reasons as sentences."""
    return " ".join(reason.message for reason in decision.reasons) or "Policy does not allow this."


def worker_of(row: Step) -> str:
    """Return the actor whose work a step is: the agent, or nobody in particular for a tool."""
    is_agent = row.kind == "agent" and row.agent_version is not None
    return str(Actor.agent(row.agent, row.agent_version or 0)) if is_agent else ""
