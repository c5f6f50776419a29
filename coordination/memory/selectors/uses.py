"""Which runs used what: the way from something poisoned to everything that it may have reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Min, QuerySet

from coordination.accounts.models import Organization
from coordination.memory.models import MemoryUse


@dataclass(frozen=True, slots=True)
class Reader:
    """One run that used something: how often, when first and last, through which agents."""

    run_id: UUID
    n: int
    first_at: datetime
    last_at: datetime
    agents: tuple[str, ...]


def runs_that_used(organization: Organization, used_ids: Sequence[UUID]) -> QuerySet[MemoryUse, UUID]:
    """Return the identifiers of the runs that were given any of these."""
    found = MemoryUse.objects.filter(organization=organization, used_id__in=used_ids)
    return found.order_by().values_list("run_id", flat=True).distinct()


def readers_of(organization: Organization, used_ids: Sequence[UUID], most: int = 200) -> list[Reader]:
    """Return the runs that were given any of these, the last that did first."""
    found = MemoryUse.objects.filter(organization=organization, used_id__in=used_ids).order_by()
    counted = found.values("run_id").annotate(n=Count("id"), first=Min("used_at"), last=Max("used_at"))
    rows = list(counted.order_by("-last")[:most])
    agents: dict[UUID, set[str]] = {}
    named = found.filter(run_id__in=[row["run_id"] for row in rows]).values_list("run_id", "agent").distinct()
    for run_id, agent in named:
        agents.setdefault(run_id, set()).add(agent)
    return [
        Reader(row["run_id"], row["n"], row["first"], row["last"], tuple(sorted(agents[row["run_id"]]))) for row in rows
    ]


def tainted_reads(run_id: UUID) -> list[tuple[str, str]]:
    """Return what a run was given that is not to be trusted: each name, and why."""
    found = MemoryUse.objects.filter(run_id=run_id).exclude(taint="").order_by("name")
    return list(found.values_list("name", "taint").distinct()[:100])
