"""The numbers of the overview page: a few aggregate statements, whatever the number of runs."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.expressions import RawSQL

from coordination.accounts.models import Organization
from coordination.agents.models import Agent, AgentStatus
from coordination.approvals.selectors import median_decision_s
from coordination.engine.flow.state import RUN_ENDED, RunStatus
from coordination.policies.models import PolicyDecision
from coordination.runs.models import Run, Step
from coordination.runs.selectors.finding import asking_people
from coordination.shared.clock import now

POINTS = 48


@dataclass(frozen=True, slots=True)
class Point:
    """What ended within one slice of the period; `helped` runs had a person in them."""

    at: datetime
    finished: int
    helped: int
    failed: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What happened in a period, and what is going on now; `waiting` counts what waits for people."""

    hours: int
    running: int
    waiting: int
    finished: int
    failed: int
    without_help: float | None
    stopped_by_policy: int
    stopped_before: int
    spend_microusd: int
    median_wait_s: float | None
    agents_busy: int
    agents_active: int
    points: list[Point]


def overview(organization: Organization, hours: int = 24) -> Overview:
    """Return the state of the organization's runs over the last hours."""
    until = now()
    since = until - timedelta(hours=hours)
    ended = Run.objects.filter(organization=organization, status__in=RUN_ENDED, finished_at__gte=since)
    helped_runs = Q(steps__approval_id__isnull=False)
    counts = ended.aggregate(
        finished=Count("id", filter=Q(status="succeeded"), distinct=True),
        failed=Count("id", filter=Q(status="failed"), distinct=True),
        helped=Count("id", filter=Q(status="succeeded") & helped_runs, distinct=True),
    )
    spend = Run.objects.filter(organization=organization, created_at__gte=since).aggregate(s=Sum("cost_microusd"))["s"]
    states = Counter(
        Run.objects.filter(organization=organization).exclude(status__in=RUN_ENDED).values_list("status", flat=True)
    )
    asking = Run.objects.filter(asking_people(), organization=organization, status=RunStatus.WAITING).count()
    denied = PolicyDecision.objects.filter(organization=organization, outcome="deny")
    return Overview(
        hours=hours,
        running=states["running"] + states["pending"] + states["waiting"] - asking,
        waiting=asking,
        finished=counts["finished"],
        failed=counts["failed"],
        without_help=1 - counts["helped"] / counts["finished"] if counts["finished"] else None,
        stopped_by_policy=denied.filter(created_at__gte=since).count(),
        stopped_before=denied.filter(created_at__gte=since - timedelta(hours=hours), created_at__lt=since).count(),
        spend_microusd=spend or 0,
        median_wait_s=median_decision_s(organization, since),
        agents_busy=Step.objects.filter(organization_id=organization.pk, status="running")
        .exclude(agent="")
        .values("agent")
        .distinct()
        .count(),
        agents_active=Agent.objects.filter(organization=organization, status=AgentStatus.ACTIVE).count(),
        points=_points(ended, since, until),
    )


def _points(ended: Any, since: datetime, until: datetime) -> list[Point]:
    width = (until - since) / POINTS
    bucket = RawSQL(
        "width_bucket(extract(epoch FROM runs_run.finished_at)::float8, %s, %s, %s)",
        (since.timestamp(), until.timestamp(), POINTS),
    )
    rows = (
        ended.annotate(bucket=bucket)
        .values("bucket")
        .annotate(
            finished=Count("id", filter=Q(status="succeeded"), distinct=True),
            helped=Count("id", filter=Q(steps__approval_id__isnull=False), distinct=True),
            failed=Count("id", filter=Q(status="failed"), distinct=True),
        )
    )
    found = {row["bucket"]: row for row in rows}
    none = {"finished": 0, "helped": 0, "failed": 0}
    return [
        Point(since + width * (number - 1), **{key: found.get(number, none)[key] for key in none})
        for number in range(1, POINTS + 1)
    ]
