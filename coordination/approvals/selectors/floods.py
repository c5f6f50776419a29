"""Which agents ask people more than they can look at?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, Max, QuerySet

from coordination.accounts.models import Organization
from coordination.approvals.manifest import DEFAULT, FloodGuard
from coordination.approvals.models import ApprovalRequest, Flood, QueueRules
from coordination.shared.ids import new_id_at

# Machines' clocks differ a little.
_SLACK: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Flooding:
    """An agent that asked more often than its organization lets it."""

    organization_id: UUID
    agent: str
    asked: int
    guard: FloodGuard


def floods(organization: Organization) -> QuerySet[Flood]:
    """Return when agents asked too much, the latest first."""
    return Flood.objects.filter(organization=organization).order_by("-stopped_at")


def flooding(moment: datetime) -> list[Flooding]:
    """Return the agents of all organizations that ask too much now; what they asked before a pause counts no more."""
    # JSON of the guard alone: the rest of the rules can be long.
    kept = dict(QueueRules.objects.values_list("pk", "spec__flood"))
    guards = {pk: FloodGuard.model_validate(spec) for pk, spec in kept.items()}
    widest = max([DEFAULT.flood.window, *(guard.window for guard in guards.values())])
    found = []
    for organization_id, agent, n in (
        _asked(moment - widest).values_list("organization", "agent").annotate(n=Count("pk"))
    ):
        guard = guards.get(organization_id, DEFAULT.flood)
        asked = n_asked(organization_id, agent, guard, moment) if n > guard.requests else 0
        if asked > guard.requests:
            found.append(Flooding(organization_id, agent, asked, guard))
    return found


def n_asked(organization_id: UUID, agent: str, guard: FloodGuard, moment: datetime) -> int:
    """Return how often an agent asked within the time that counts, or since it was last stopped for it."""
    stopped = Flood.objects.filter(organization=organization_id, agent=agent).aggregate(at=Max("stopped_at"))["at"]
    since = max(moment - guard.window, stopped) if stopped else moment - guard.window
    return _asked(since).filter(organization=organization_id, agent=agent).count()


def _asked(since: datetime) -> QuerySet[ApprovalRequest]:
    """Return what agents asked since then; identifiers are in the order of time and have an index."""
    earliest = new_id_at(int((since - _SLACK).timestamp() * 1_000_000_000))
    asked = ApprovalRequest.objects.filter(pk__gte=earliest, created_at__gt=since, is_synthetic=False)
    return asked.exclude(agent="").order_by()
