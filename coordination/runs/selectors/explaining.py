"""Which agents worked, how long, on what data, and why: the answer to who did what."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Count, F, Model, QuerySet

from coordination.approvals.models import ApprovalRequest
from coordination.approvals.selectors import requests_about
from coordination.policies.models import Outcome, PolicyDecision
from coordination.policies.selectors import decisions_of_run
from coordination.runs.models import DataAccess, Run, Step, ToolCall
from coordination.runs.selectors.activations import Activation, activations
from coordination.runs.selectors.finding import accesses_of, actions_of, outline_of

# Of each list the newest so many: a map of 10,000 items leaves tens of thousands. Lists of their own have them all.
MOST = 500
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that explains a run; `outcomes` and `n_data` count also what the lists leave out."""

    run: Run
    steps: list[Step]
    agents: list[Activation]
    data: list[DataAccess]
    decisions: list[PolicyDecision]
    approvals: list[ApprovalRequest]
    actions: list[ToolCall]
    outcomes: Counter[str]
    n_data: int
    summary: list[str] = field(default_factory=list)

    @property
    def n_decisions(self) -> int:
        """Return how often policy decided."""
        return self.outcomes.total()


def explain(run: Run, steps: list[Step] | None = None, until: datetime | None = None) -> Explanation:
    """Return who worked on a run, for how long, with which data, under which decisions.

    With its steps as they once were, and the moment of that, return what explains the run as it was then.
    """
    steps = outline_of(run) if steps is None else steps
    decisions = _before(decisions_of_run(run.organization, run.id), "created_at", until)
    approvals = _before(requests_about(run.organization, f"run:{run.id}"), "created_at", until)
    data = _before(accesses_of(run), "created_at", until)
    agents = activations(run, steps, until)
    outcomes = Counter(dict(decisions.order_by().values_list("outcome").annotate(n=Count("id"))))
    asked = _newest(approvals, F("decided_at").asc(nulls_last=True), "id")
    released = _newest(_before(actions_of(run), "released_at", until), "released_at", "id")
    return Explanation(
        run=run,
        steps=steps,
        agents=agents,
        data=_newest(data, "created_at", "id"),
        decisions=_newest(decisions, "id"),
        approvals=sorted(asked, key=lambda request: request.pk),
        actions=released,
        outcomes=outcomes,
        n_data=data.count(),
        summary=_summary(run, agents, outcomes, asked, released),
    )


def _before(found: QuerySet[M], column: str, until: datetime | None) -> QuerySet[M]:
    return found if until is None else found.filter(**{f"{column}__lte": until})


def _newest(found: QuerySet[M], *order: Any) -> list[M]:
    """Return the last of these in their order."""
    return list(found.order_by(*order).reverse()[:MOST])[::-1]


def _summary(
    run: Run,
    agents: list[Activation],
    outcomes: Counter[str],
    approvals: list[ApprovalRequest],
    actions: list[ToolCall],
) -> list[str]:
    """Return the run in a few sentences."""
    names = sorted({activation.agent for activation in agents})
    worked = sum(activation.worked_s for activation in agents)
    told = [f"{_count(len(names), 'agent')} worked {worked:.1f} s on {run.title}: {', '.join(names) or 'none'}."]
    asked, denied = outcomes[Outcome.REQUIRE_APPROVAL], outcomes[Outcome.DENY]
    told.append(
        f"Policy decided {_count(outcomes.total(), 'time')}: {asked} asked for a person, {denied} stopped something."
    )
    told += [f"{request.title}: {request.get_state_display()}." for request in approvals]
    told += [f"{action.tool} was released once; it {action.get_status_display().lower()}." for action in actions]
    if run.stop_reason:
        told.append(run.stop_reason)
    return told


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
