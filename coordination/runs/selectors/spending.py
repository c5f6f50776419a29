"""What may be spent in a day, and what was spent today."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Concat, JSONObject

from coordination.accounts.models import Organization
from coordination.agents.models import Agent
from coordination.agents.selectors import agents
from coordination.engine.flow.budget import NOTHING, Allowance, Amounts
from coordination.runs.budgets import agent_scope, day_scope
from coordination.runs.models import Budget, Purse
from coordination.shared.clock import now
from coordination.workflows.selectors import workflows

_UNITS = [f"{what}_{unit}" for what in ("spent", "reserved") for unit in ("cost_microusd", "tokens", "calls")]
Whose = Literal["organization", "workflow", "agent"]


@dataclass(frozen=True, slots=True)
class Day:
    """A budget for a day and what is used of it: whose it is, and whether its manifest says it."""

    whose: Whose
    name: str
    title: str
    limits: Allowance
    in_manifest: bool
    spent: Amounts = NOTHING
    reserved: Amounts = NOTHING


def budgets(organization: Organization) -> QuerySet[Budget]:
    """Return the budgets of an organization by workflow, its own first, each with `today`: what is used of it."""
    today = day_scope(now().date(), "")
    scope = Case(When(workflow="", then=Value(today)), default=Concat(Value(f"{today}/workflow:"), F("workflow")))
    used = Purse.objects.filter(organization=OuterRef("organization"), scope=OuterRef("scope"))
    found = Budget.objects.filter(organization=organization).order_by("workflow").annotate(scope=scope)
    return found.annotate(today=Subquery(used.values(said=JSONObject(**{unit: unit for unit in _UNITS}))))


def days(organization: Organization) -> list[Day]:
    """Return every budget for a day: the organization's, workflows' and agents', wherever it is set."""
    found = [*_set_here(organization), *_of_workflows(organization), *_of_agents(agents(organization))]
    order = ("organization", "workflow", "agent")
    return _with_use(organization, sorted(found, key=lambda day: (order.index(day.whose), day.name, day.in_manifest)))


def agent_day(agent: Agent) -> Day | None:
    """Return an agent's budget for a day, if it has one."""
    found = [_of_agent(agent)] if agent.spec.get("budget_per_day") else []
    return next(iter(_with_use(agent.organization, found)), None)


def _set_here(organization: Organization) -> Iterable[Day]:
    titles = dict(workflows(organization).values_list("name", "title"))
    for budget in Budget.objects.filter(organization=organization):
        limits = Allowance.model_validate(budget.limits)
        whose: Whose = "workflow" if budget.workflow else "organization"
        yield Day(whose, budget.workflow, titles.get(budget.workflow, ""), limits, in_manifest=False)


def _of_workflows(organization: Organization) -> Iterable[Day]:
    said = workflows(organization).values_list("name", "title", "live__spec__budget_per_day")
    for name, title, limits in said:
        if limits:
            yield Day("workflow", name, title, Allowance.model_validate(limits), in_manifest=True)


def _of_agents(found: QuerySet[Agent]) -> Iterable[Day]:
    said = found.filter(spec__budget_per_day__isnull=False)
    return [_of_agent(one) for one in said if one.spec["budget_per_day"]]


def _of_agent(agent: Agent) -> Day:
    return Day("agent", agent.name, agent.title, Allowance.model_validate(agent.spec["budget_per_day"]), True)


def _with_use(organization: Organization, found: list[Day]) -> list[Day]:
    """Return the budgets with what is used of them today (UTC)."""
    if not found:
        return []
    purses = Purse.objects.filter(organization=organization, scope__in=[_scope(day) for day in found])
    used = {purse.scope: purse for purse in purses}
    return [
        replace(day, spent=used[_scope(day)].spent, reserved=used[_scope(day)].reserved) if _scope(day) in used else day
        for day in found
    ]


def _scope(day: Day) -> str:
    today = now().date()
    return agent_scope(today, day.name) if day.whose == "agent" else day_scope(today, day.name)
