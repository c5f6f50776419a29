"""What an agent has earned and what went badly wrong: what its autonomy goes by."""

from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.agents.models import Agent
from coordination.engine.trust.autonomy import Track
from coordination.engine.watch.drift import Adwin
from coordination.risk.models import Kind, Outcome, Why
from coordination.risk.selectors.records import records_of_agent
from coordination.risk.selectors.tables import tables_of

# What people stopped before it happened is no incident.
_INCIDENTS: Final = (Why.FAILED, Why.UNKNOWN, Why.COMPENSATED, Why.MARKED)
_MOST_LOOKED_AT: Final = 1_000


def track_of(organization: Organization, agent: Agent) -> Track:
    """Return what is known of an agent's present version, in all capabilities together."""
    known = next((one for one in records_of_agent(organization, agent) if one.is_all), None)
    if known is None:
        return Track(0, 0.0, severe_at(organization, agent))
    n = known.record.n if known.inherited_from is not None else known.n
    return Track(n, known.record.lower, severe_at(organization, agent))


def severe_at(organization: Organization, agent: Agent) -> datetime | None:
    """Return when an act of the agent with a high risk last went wrong."""
    high = tables_of(organization).bands.high
    acts = _outcomes(organization, agent, Kind.ACT).filter(is_wrong=True, score__gte=high, why__in=_INCIDENTS)
    found: datetime | None = acts.order_by("-happened_at").values_list("happened_at", flat=True).first()
    return found


def drift_since(organization: Organization, agent: Agent, since: datetime) -> tuple[float, float] | None:
    """Return how often the agent was right before and after a change, if one shows since then."""
    answers = _outcomes(organization, agent, Kind.ANSWER).filter(happened_at__gte=since).order_by("-happened_at")
    right = [not wrong for wrong in answers.values_list("is_wrong", flat=True)[:_MOST_LOOKED_AT]][::-1]
    window, last = Adwin(), None
    for value in right:
        last = window.add(float(value)) or last
    return last


def _outcomes(organization: Organization, agent: Agent, kind: Kind) -> QuerySet[Outcome]:
    return Outcome.objects.filter(organization=organization, kind=kind, who=agent.name)
