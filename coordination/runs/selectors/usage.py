"""How much agents and workflows were used lately, and how it went: one statement each, whatever their number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery

from coordination.accounts.models import Organization
from coordination.agents.models import Agent
from coordination.agents.selectors import agents
from coordination.engine.flow.state import RUN_ENDED, RunStatus
from coordination.runs.models import Run, Step
from coordination.shared.clock import now

# Every attempt counts for the agent that made it: a step that was re-routed counts for both. A worker that died is no
# fault of the agent's, and an answer that came when nobody waited any longer counts for its cost only.
_AGENT_USE = """
    SELECT tried.value ->> 'agent', step.capability, GROUPING(step.capability),
        count(*) FILTER (WHERE tried.value ->> 'status' <> 'unused'),
        count(*) FILTER (WHERE tried.value ->> 'status' = 'succeeded'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY took_s),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY took_s),
        coalesce(sum((tried.value ->> 'cost_microusd')::bigint), 0)::bigint,
        max((tried.value ->> 'started_at')::timestamptz)
    FROM runs_step AS step
    CROSS JOIN LATERAL jsonb_array_elements(step.attempts) AS tried
    CROSS JOIN LATERAL (
        SELECT extract(
            epoch FROM (tried.value ->> 'finished_at')::timestamptz - (tried.value ->> 'started_at')::timestamptz
        )::float8 AS took_s
    ) AS worked
    WHERE step.organization_id = %(organization)s AND step.kind = 'agent' AND step.started_at >= %(since)s
        AND tried.value ->> 'agent' = ANY(%(names)s) AND tried.value ->> 'status' <> 'lost'
    GROUP BY GROUPING SETS ((tried.value ->> 'agent'), (tried.value ->> 'agent', step.capability))
"""


@dataclass(frozen=True, slots=True)
class AgentUse:
    """What an agent did in a period."""

    calls: int = 0
    succeeded: int = 0
    median_s: float | None = None
    p95_s: float | None = None
    cost_microusd: int = 0
    last_at: datetime | None = None
    of_capability: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class WorkflowUse:
    """How a workflow's runs went in a period; `ended` counts those that succeeded or failed."""

    runs: int = 0
    ended: int = 0
    succeeded: int = 0
    median_s: float | None = None


def agents_with_last_use(organization: Organization) -> QuerySet[Agent]:
    """Return the agents by name, each with `last_used_at`."""
    steps = Step.objects.filter(
        organization_id=OuterRef("organization_id"), agent=OuterRef("name"), started_at__isnull=False
    )
    return agents(organization).annotate(last_used_at=Subquery(steps.order_by("-started_at").values("started_at")[:1]))


def agent_use(organization: Organization, names: Sequence[str], hours: int = 24) -> dict[str, AgentUse]:
    """Return what each named agent did in the last hours; agents that did nothing are missing."""
    parameters: dict[str, Any] = {"organization": organization.pk, "since": _since(hours), "names": list(names)}
    with connection.cursor() as cursor:
        cursor.execute(_AGENT_USE, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    of_capability: dict[str, list[tuple[str, int]]] = {}
    for agent, capability, is_total, calls, *_ in rows:
        if not is_total:
            of_capability.setdefault(agent, []).append((capability, calls))
    return {
        agent: AgentUse(calls, succeeded, median_s, p95_s, cost, last_at, tuple(of_capability.get(agent, ())))
        for agent, _, is_total, calls, succeeded, median_s, p95_s, cost, last_at in rows
        if is_total
    }


def steps_of_agent(organization: Organization, name: str) -> QuerySet[Step]:
    """Return the steps that an agent took last, newest first."""
    found = Step.objects.filter(organization_id=organization.pk, agent=name, started_at__isnull=False)
    return found.select_related("run").order_by("-started_at")


def workflow_use(organization: Organization, hours: int = 24) -> dict[str, WorkflowUse]:
    """Return how the runs of each workflow went that were started in the last hours."""
    took = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    rows = (
        Run.objects.filter(organization=organization, created_at__gte=_since(hours))
        .values("workflow_name")
        .annotate(
            runs=Count("id"),
            ended=Count("id", filter=Q(status__in=RUN_ENDED) & ~Q(status=RunStatus.CANCELLED)),
            succeeded=Count("id", filter=Q(status=RunStatus.SUCCEEDED)),
            median=_Median(took, filter=Q(status=RunStatus.SUCCEEDED)),
        )
    )
    return {
        row["workflow_name"]: WorkflowUse(
            row["runs"], row["ended"], row["succeeded"], row["median"].total_seconds() if row["median"] else None
        )
        for row in rows
    }


def _since(hours: int) -> datetime:
    return now() - timedelta(hours=hours)


class _Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()
