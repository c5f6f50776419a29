"""What is known about a step when policies are asked about it."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from coordination.accounts.actors import Actor
from coordination.engine.flow import events as ev
from coordination.engine.flow.budget import Planned
from coordination.engine.flow.graph import Plan, is_undo
from coordination.engine.flow.state import StepStatus
from coordination.engine.rules.pii import texts_in
from coordination.policies.services import Decision, Lookups
from coordination.runs.guard import Occasion, run_facts
from coordination.runs.loading import Loaded, subject_of
from coordination.runs.models import Step
from coordination.runs.purses import Refusal
from coordination.runs.stakes import Behind, Grounds

_ENDED = (StepStatus.SUCCEEDED, StepStatus.FAILED)
# These say nothing of how sure they are: what comes after them rests on what came before.
_PASSES_ON = frozenset({"set", "approval", "wait", "workflow"})
# In these no agent answers, at least none whose record is known here.
_NO_AGENT = _PASSES_ON | {"action"}


def occasion_of(loaded: Loaded, row: Step) -> Occasion:
    """Return where the question comes up."""
    run = loaded.run
    before = rests_on(loaded, row.parent or row.key)
    return Occasion(
        organization=run.organization,
        subject=subject_of(run.id, row.key),
        run_id=run.id,
        step=row.key,
        run=run_facts(run),
        attempt=row.attempt + 1,
        facts=row.facts,
        confidence=_lowest(before),
        grounds=lambda: Grounds(
            behind=tuple(_behind(loaded, before)),
            workflow=run.workflow_name,
            has_read=lambda untrusted: _has_read(loaded, row.parent or row.key, untrusted),
        ),
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


def proposed_in(loaded: Loaded, row: Step, tool: str) -> Step | None:
    """Return the last step before this one whose agent proposed to use the tool."""
    named = [
        one for one in steps_before(loaded, row.parent or row.key) if any(p.get("tool") == tool for p in one.proposals)
    ]
    return max(named, key=lambda one: one.position, default=None)


def thought_in(loaded: Loaded, row: Step) -> Step | None:
    """Return the step whose agent is to think again about this one: the one that proposed it, or the last before it."""
    action = loaded.plan.definition(row.key).action
    proposed = proposed_in(loaded, row, action.tool) if action is not None else None
    if proposed is not None:
        return proposed
    before = [one for one in steps_before(loaded, row.parent or row.key) if one.kind == "agent" and one.agent]
    return max(before, key=lambda one: one.position, default=None)


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


def rests_on(loaded: Loaded, key: str) -> list[Step]:
    """Return the steps that this one rests on directly, beyond those that say nothing of how sure they are."""
    found: list[Step] = []
    seen: set[str] = set()
    before = set(loaded.plan.steps[key].needs) if key in loaded.plan.steps else set()
    while before:
        loaded.rows.fetch(before)
        rows = [loaded.rows[need] for need in before]
        found += [row for row in rows if row.status in _ENDED]
        seen |= before
        silent = [row.key for row in rows if row.status == StepStatus.SKIPPED or _is_silent(row)]
        before = {need for silent_one in silent for need in loaded.plan.steps[silent_one].needs} - seen
    return found


def _is_silent(row: Step) -> bool:
    return row.status in _ENDED and row.least_sure is None and row.kind in _PASSES_ON


def least_sure(loaded: Loaded, key: str) -> float | None:
    """Return the lowest confidence among the steps that this one rests on; None if none states one."""
    return _lowest(rests_on(loaded, key))


def _lowest(rows: list[Step]) -> float | None:
    return min((row.least_sure for row in rows if row.least_sure is not None), default=None)


def _behind(loaded: Loaded, rows: list[Step]) -> Iterator[Behind]:
    """Yield the agents that answered in these steps, or where none did in those before them that are at hand."""
    queue, seen = list(rows), {row.key for row in rows}
    while queue:
        row = queue.pop()
        if row.agent:
            stated = row.confidence if row.kind == "agent" else None
            yield Behind(row.agent, row.agent_version, row.capability, stated, row.least_sure)
        elif row.kind in _NO_AGENT or row.status == StepStatus.SKIPPED:
            needs = [need for need in loaded.plan.steps[row.key].needs if need not in seen]
            seen.update(needs)
            queue += [before for need in needs if (before := loaded.rows.get(need)) is not None]
        else:
            inside = [one for one in loaded.rows.values() if one.parent == row.key and one.agent]
            named = {(one.agent, one.agent_version, one.capability) for one in inside}
            # Of a map with very many items nobody is at hand: who is not known has no record.
            yield from (Behind(*one, None, row.least_sure) for one in named or [("", None, "")])


def _has_read(loaded: Loaded, key: str, untrusted: frozenset[str]) -> bool:
    """Tell whether a tool that is not to be trusted was called before a step; reads nothing that is not at hand."""
    if not untrusted & _tools_of(loaded.plan):
        return False
    queue, seen = list(loaded.plan.steps[key].needs) if key in loaded.plan.steps else [], set[str]()
    while queue:
        need = queue.pop()
        if need in seen:
            continue
        seen.add(need)
        step, row = loaded.plan.steps[need], loaded.rows.get(need)
        was_left_out = row is not None and row.status in (StepStatus.SKIPPED, StepStatus.CANCELLED)
        if step.action is not None and step.action.tool in untrusted and not was_left_out:
            return True
        queue.extend(step.needs)
    return False


@lru_cache(maxsize=1_000)
def _tools_of(plan: Plan) -> frozenset[str]:
    return frozenset(step.action.tool for step in plan.spec.steps if step.action is not None)


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
