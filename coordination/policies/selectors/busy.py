"""How busy an agent is, by what was decided about it."""

from datetime import datetime
from uuid import UUID

from coordination.agents.models import AgentVersion
from coordination.policies.models import PolicyDecision

_ACTING = ("action", "tool.call")
_CALLS = ("agent.call", *_ACTING)
MOST = 1_000


def calls_since(organization_id: UUID, agent: str, since: datetime) -> int:
    """Return how many calls and acts of an agent were decided since then, 1,000 at most."""
    found = PolicyDecision.objects.filter(organization_id=organization_id, agent=agent, hook__in=_CALLS)
    return found.filter(id__gte=_first_id(since))[:MOST].count()


def denials_since(organization_id: UUID, agent: str, since: datetime) -> int:
    """Return how often an agent was refused something since then, 1,000 at most."""
    found = PolicyDecision.objects.filter(organization_id=organization_id, agent=agent, outcome="deny")
    return found.filter(id__gte=_first_id(since))[:MOST].count()


def actions_of(organization_id: UUID, agent: str) -> int:
    """Return how many actions of an agent's present version were allowed or asked about, 1,000 at most."""
    version = AgentVersion.objects.filter(agent__organization_id=organization_id, agent__name=agent).order_by("-number")
    since = version.values_list("created_at", flat=True).first()
    if since is None:
        return 0
    found = PolicyDecision.objects.filter(organization_id=organization_id, agent=agent, hook__in=_ACTING)
    return found.exclude(outcome="deny").filter(id__gte=_first_id(since))[:MOST].count()


def _first_id(moment: datetime) -> UUID:
    """Return the lowest identifier of that moment: identifiers are ordered by time, and there is an index of them."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
