"""What an agent was trusted with is taken away, one level at a time, at once when its record or an event says so."""

import logging

from django.db import transaction

from coordination.accounts.actors import SYSTEM
from coordination.agents.models import Agent, Autonomy
from coordination.engine.trust.autonomy import Placed, fall
from coordination.risk.selectors import drift_since, track_of
from coordination.runs.services import set_autonomy

logger = logging.getLogger(__name__)


def demote_agents() -> int:
    """Lower every agent on the ladder that its record does not support any longer; return how many."""
    placed = Agent.objects.filter(autonomy_at__isnull=False, autonomy__gt=Autonomy.PROPOSES)
    return sum(_demoted(agent) for agent in placed.select_related("organization").order_by("organization_id", "name"))


@transaction.atomic
def _demoted(found: Agent) -> bool:
    agent = Agent.objects.select_for_update(of=("self",)).select_related("organization").get(pk=found.pk)
    if agent.autonomy_at is None or agent.autonomy_at != found.autonomy_at:
        return False
    organization = agent.organization
    placed = Placed(agent.autonomy, agent.autonomy_at, agent.autonomy_version or agent.version)
    track = track_of(organization, agent)
    why = fall(placed, track, agent.version, drift_since(organization, agent, agent.autonomy_at))
    if not why:
        return False
    logger.warning("%s falls by one level: %s", agent.name, why)
    set_autonomy(organization, agent.name, Autonomy(agent.autonomy - 1), SYSTEM, why)
    return True
