"""What is known about a step when policies are asked about it."""

from typing import Any

from coordination.accounts.actors import Actor
from coordination.engine.flow import events as ev
from coordination.engine.flow.budget import Planned
from coordination.engine.flow.graph import is_undo
from coordination.engine.flow.state import StepStatus
from coordination.engine.rules.pii import texts_in
from coordination.policies.services import Decision, Lookups
from coordination.runs.guard import Occasion, run_facts
from coordination.runs.loading import Loaded, subject_of
from coordination.runs.models import Step
from coordination.runs.purses import Refusal

_ENDED = (StepStatus.SUCCEEDED, StepStatus.FAILED)
# These say nothing of how sure they are: what comes after them rests on what came before.
_PASSES_ON = frozenset({"set", "approval", "wait", "workflow"})


def occasion_of(loaded: Loaded, row: Step) -> Occasion:
    """Return where the question comes up."""
    run = loaded.run
    return Occasion(
        organization=run.organization,
        subject=subject_of(run.id, row.key),
        run_id=run.id,
        step=row.key,
        run=run_facts(run),
        attempt=row.attempt + 1,
        facts=row.facts,
        confidence=least_sure(loaded, row.parent or row.key),
        stamp=loaded.stamp,
        more=lambda: _more(loaded, row),
    )


def steps_before(loaded: Loaded, key: str) -> list[Step]:
    """Return the rows of all steps that this one comes after."""
    seen: set[str] = set()
    queue = list(loaded.plan.steps[key].needs) if key in loaded.plan.steps else []
    while queue:
        need = queue.pop()
        if need not in seen:
            seen.add(need)
            queue.extend(loaded.plan.steps[need].needs)
    loaded.rows.fetch(seen)
    return [loaded.rows[need] for need in seen]


def _more(loaded: Loaded, row: Step) -> Lookups:
    """Return how more is found out about a run: only where a rule asks."""
    run = loaded.run
    return {
        "run.depth": lambda: run.depth,
        "run.input": lambda: run.input,
        "task.prompt": lambda: "\n".join(texts_in(run.input)),
        "task.sources": lambda: _sources(loaded, row),
    }


def _sources(loaded: Loaded, row: Step) -> list[dict[str, Any]]:
    """Return what agents and tools gave back before this step, in the order of the plan."""
    ended = [one for one in steps_before(loaded, row.parent or row.key) if one.output is not None]
    tools = {step.id: step.action.tool for step in loaded.plan.spec.steps if step.action is not None}
    return [
        {"tool": tools.get(one.key, one.agent), "args": one.parameters or {}, "result": one.output}
        for one in sorted(ended, key=lambda one: one.position)
    ]


def least_sure(loaded: Loaded, key: str) -> float | None:
    """Return the lowest confidence among the steps that this one rests on; None if none states one."""
    stated: list[float] = []
    seen: set[str] = set()
    before = set(loaded.plan.steps[key].needs) if key in loaded.plan.steps else set()
    while before:
        loaded.rows.fetch(before)
        rows = [loaded.rows[need] for need in before if loaded.state.steps[need].status in _ENDED]
        stated += [row.least_sure for row in rows if row.least_sure is not None]
        seen |= before
        silent = [row.key for row in rows if row.least_sure is None and row.kind in _PASSES_ON]
        before = {need for silent_one in silent for need in loaded.plan.steps[silent_one].needs} - seen
    return min(stated, default=None)


def refusal_of(loaded: Loaded, row: Step, planned: Planned, agent: str = "") -> Refusal | None:
    """Return why budgets do not allow a call; what is undone is counted, but never refused."""
    return None if is_undo(row.key) else loaded.purses.refusal(row.parent or row.key, planned, loaded.at, agent)


def refuse(loaded: Loaded, row: Step, refusal: Refusal) -> list[ev.Effect]:
    """Return the effects of a call that a budget does not allow."""
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
