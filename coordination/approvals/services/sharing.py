"""Share questions out where somebody has more before them than one person can look at."""

import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.approvals.models import OPEN, ApprovalRequest
from coordination.approvals.selectors.load import Crowd, busy_organizations, crowd_of
from coordination.approvals.services.record import record
from coordination.shared.json import Json

logger = logging.getLogger(__name__)

# A queue is not shuffled under the eyes of everybody at once.
_AT_ONCE = 50


def share_out(moment: datetime) -> int:
    """Put questions first to people who have room, wherever others have too many; return how many were moved."""
    moved = 0
    for organization in busy_organizations(moment):
        try:
            moved += share_out_in(organization, moment)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # Whatever is wrong in one organization must not keep the others waiting.
            logger.exception("The queue of %s could not be shared out.", organization.slug)
    return moved


def share_out_in(organization: Organization, moment: datetime) -> int:
    """Share out the queue of one organization: the least urgent first, each to whoever of those asked has least."""
    crowd = crowd_of(organization, moment)
    moved = 0
    for request in reversed(crowd.rows.values()):
        if moved >= _AT_ONCE:
            break
        moved += _hand_to_one(crowd, request)
    return moved


def _hand_to_one(crowd: Crowd, request: ApprovalRequest) -> bool:
    """Put a question first to one of those asked, if that relieves another who has too many; tell whether it was."""
    asked, most = crowd.fit[request.pk], crowd.rules.load
    free = [one for one in asked if crowd.own[one] < most.open and crowd.last_hour[one] <= most.decisions_per_hour]
    if request.assigned_to_id is not None or not free:
        return False
    chosen = min(free, key=lambda one: (crowd.is_over(one), crowd.own[one], crowd.last_hour[one], one))
    relieved = [one for one in asked if one != chosen and crowd.is_over(one)]
    if not relieved or not _assign(crowd, request, chosen, relieved):
        return False
    # It was before all of them; now it is before one.
    crowd.open.subtract(one for one in asked if one != chosen)
    crowd.own[chosen] += 1
    return True


@transaction.atomic
def _assign(crowd: Crowd, request: ApprovalRequest, person: int, relieved: list[int]) -> bool:
    rows = ApprovalRequest.objects.select_related("organization").select_for_update(of=("self",), skip_locked=True)
    locked = rows.filter(pk=request.pk, state__in=OPEN, assigned_to=None, claimed_by=None, held_until=None).first()
    if locked is None:
        return False
    locked.assigned_to = crowd.people[person].user
    locked.save(update_fields=["assigned_to"])
    names: list[Json] = [crowd.people[one].user.username for one in relieved]
    record(locked, "ApprovalRebalanced", SYSTEM, {"relieved": names, "to": [crowd.people[person].user.username]})
    return True
