"""Which limits a run has: its own, its steps', those of the runs above it, and those of the day."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models.expressions import RawSQL

from coordination.engine.flow.budget import DEEPEST, Allowance, deadline
from coordination.engine.flow.graph import Plan
from coordination.runs.models import Run
from coordination.runs.purses import Limit, Purses
from coordination.shared.json import JsonObject

_ABOVE = "the run above this one"
# {workflow: limits}, with "" for the whole organization.
_BUDGETS = """
    SELECT json_object_agg(workflow, limits)::text FROM runs_budget WHERE organization_id = "accounts_organization"."id"
"""


def budgets_beside() -> RawSQL:
    """Return the budgets of an organization for a day as an annotation for a query of organizations; mostly None."""
    return RawSQL(_BUDGETS, ())  # noqa: S611  (constant text)


def purses_of(run: Run, plan: Plan, annotated: str | None, at: datetime) -> Purses:
    """Return what limits a run; `annotated` is what `budgets_beside` gave for its organization."""
    spec = plan.spec
    if not (annotated or run.bounds or plan.budgets or spec.budget or spec.budget_per_day):
        return Purses(run.organization_id)
    daily = json.loads(annotated or "{}")
    limits = [*_own(run, plan), *_inherited(run), *_of_day(run, plan, daily, at.date())]
    of_step = {step_id: _of_step(run, step_id, allowance) for step_id, allowance in plan.budgets.items()}
    return Purses(run.organization_id, limits, of_step, until=until(run, plan))


def until(run: Run, plan: Plan) -> datetime | None:
    """Return when the time of a run, or of one above it, is over."""
    inherited = run.bounds.get("until")
    ends = [deadline(plan.spec.budget, run.created_at), datetime.fromisoformat(inherited) if inherited else None]
    return min((end for end in ends if end is not None), default=None)


def deepest(run: Run, plan: Plan) -> int:
    """Return how deep the deepest run within a run may be, counted from the outermost one."""
    own = plan.spec.budget.depth if plan.spec.budget else None
    inherited: int = run.bounds.get("deepest", DEEPEST)
    return inherited if own is None else min(inherited, run.depth + own)


def bounds_within(run: Run, plan: Plan, step_id: str) -> dict[str, Any]:
    """Return what a run that a step starts has to keep to besides its own limits."""
    limits = [*_own(run, plan, f"The budget of {{}} for {_ABOVE}"), *_inherited(run)]
    if step_id in plan.budgets:
        limits.append(_of_step(run, step_id, plan.budgets[step_id], f" of {_ABOVE}"))
    per_day = plan.spec.budget_per_day
    end = until(run, plan)
    return {
        "limits": [{"scope": one.scope, "whose": one.whose, "allowance": _said(one.allowance)} for one in limits],
        "workflows": run.bounds.get("workflows", {}) | {run.workflow_name: _said(per_day) if per_day else None},
        "until": end.isoformat() if end else None,
        "deepest": deepest(run, plan),
    }


def day_scope(day: date, workflow: str) -> str:
    """Return the name of a day's purse: of a workflow, or of the whole organization."""
    return f"day:{day.isoformat()}/workflow:{workflow}" if workflow else f"day:{day.isoformat()}"


def day_of_agent(name: str, spec: JsonObject, day: date) -> Limit | None:
    """Return what an agent may take in a day by its manifest, wherever it is called."""
    said = spec.get("budget_per_day")
    if said is None:
        return None
    whose = f"The budget of {{}} a day for the agent {name}"
    return Limit(agent_scope(day, name), whose, Allowance.model_validate(said), day)


def agent_scope(day: date, name: str) -> str:
    """Return the name of a day's purse of an agent."""
    return f"day:{day.isoformat()}/agent:{name}"


def _own(run: Run, plan: Plan, whose: str = "The run's budget of {}") -> Iterator[Limit]:
    budget = plan.spec.budget
    if budget is not None and budget.counts:
        yield Limit(f"run:{run.pk}", whose, budget)


def _of_step(run: Run, step_id: str, allowance: Allowance, above: str = "") -> Limit:
    return Limit(f"run:{run.pk}/step:{step_id}", f"The budget of {{}} for step {step_id}{above}", allowance)


def _inherited(run: Run) -> Iterator[Limit]:
    for one in run.bounds.get("limits", []):
        yield Limit(one["scope"], one["whose"], Allowance.model_validate(one["allowance"]))


def _of_day(run: Run, plan: Plan, daily: Mapping[str, JsonObject], day: date) -> Iterator[Limit]:
    """Yield the limits of the day: the organization's, and those of the workflow and of each one above it."""
    if "" in daily:
        allowance = Allowance.model_validate(daily[""])
        yield Limit(day_scope(day, ""), "The organization's budget of {} a day", allowance, day)
    above: dict[str, Any] = run.bounds.get("workflows", {})
    own = plan.spec.budget_per_day
    for workflow, said in {**above, run.workflow_name: _said(own) if own else None}.items():
        for limit in (said, daily.get(workflow)):
            if limit is not None:
                words = f"The budget of {{}} a day for {workflow}"
                yield Limit(day_scope(day, workflow), words, Allowance.model_validate(limit), day)


def _said(allowance: Allowance) -> JsonObject:
    return allowance.model_dump(mode="json", include={"cost_usd", "tokens", "calls"}, exclude_none=True)
