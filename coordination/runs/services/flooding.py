"""Pause an agent that asks people more than they can look at: nobody looks well at what comes too fast."""

import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import MemberRole, Organization
from coordination.accounts.selectors import members
from coordination.agents.errors import AgentUnknown, AlreadySuspended
from coordination.agents.services import STREAM, suspend_agent
from coordination.approvals.models import Flood
from coordination.approvals.selectors.floods import Flooding, flooding, n_asked
from coordination.audit.services import Entry, append
from coordination.shared.json import Json

logger = logging.getLogger(__name__)


def stem_floods(moment: datetime) -> int:
    """Pause every agent that asks too much now and tell the admins; return how many did."""
    found = flooding(moment)
    for one in found:
        try:
            _stem(one, moment)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # Whatever is wrong with one agent must not let the others go on.
            logger.exception("%s asks too much and could not be paused.", one.agent)
    return len(found)


@transaction.atomic
def _stem(flood: Flooding, moment: datetime) -> None:
    # The organization's row is what two sweeps wait for: the second finds nothing to count any more.
    organization = Organization.objects.select_for_update(no_key=True).get(pk=flood.organization_id)
    if n_asked(organization.pk, flood.agent, flood.guard, moment) <= flood.guard.requests:
        return
    within_s = int(flood.guard.window.total_seconds())
    Flood.objects.create(
        organization=organization, agent=flood.agent, asked=flood.asked, within_s=within_s, stopped_at=moment
    )
    paused = flood.guard.pauses and _pause(organization, flood)
    admins = members(organization).filter(roles__contains=[MemberRole.ADMIN], user__is_active=True)
    told: list[Json] = [one.user.username for one in admins]
    about: dict[str, Json] = {
        "agent": flood.agent,
        "asked": flood.asked,
        "within_s": within_s,
        "most": flood.guard.requests,
        "paused": paused,
        "to": told,
    }
    append(organization.pk, STREAM, SYSTEM, [Entry("AgentFlooded", about, object=f"agent:{flood.agent}")])


def _pause(organization: Organization, flood: Flooding) -> bool:
    """Suspend the agent; tell whether it was at work until now."""
    often = f"{flood.asked} times within {flood.guard.within}"
    reason = f"It asked people {often}; more than {flood.guard.requests} are too many."
    try:
        with transaction.atomic():
            suspend_agent(organization, flood.agent, SYSTEM, reason)
    except (AgentUnknown, AlreadySuspended):
        return False
    return True
