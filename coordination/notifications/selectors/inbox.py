"""What has somebody been told?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from coordination.accounts.models import Membership, Organization
from coordination.approvals.models import ApprovalRequest
from coordination.notifications.errors import ItemUnknown
from coordination.notifications.models import InboxItem, Notice
from coordination.notifications.telling.scene import APPROVAL, RUN, ids_of
from coordination.runs.models import Run
from coordination.shared.clock import now

_GONE = "It is not there any more"


@dataclass(frozen=True, slots=True)
class About:
    """What a notice is about, as it is now; `holder` is who is at it.

    `outside` is what may leave the house: a title often quotes what an action says, a name does not.
    """

    title: str
    outside: str
    holder: str = ""


def inbox(membership: Membership, *, unread: bool = False, topic: str = "") -> QuerySet[InboxItem]:
    """Return what a member has been told, newest first."""
    found = InboxItem.objects.filter(member=membership, organization_id=membership.organization_id)
    if unread:
        found = found.filter(read_at=None, settled_at=None)
    if topic:
        found = found.filter(notice__topic=topic)
    return found.select_related("notice").order_by("-pk")


def n_unread(membership: Membership) -> int:
    """Return how much a member has not read that still asks for it."""
    return InboxItem.objects.filter(member=membership, read_at=None, settled_at=None).count()


def item_of(membership: Membership, item_id: UUID) -> InboxItem:
    """Return one item of a member's own inbox; raises ItemUnknown."""
    found = inbox(membership).filter(pk=item_id).first()
    if found is None:
        raise ItemUnknown(name=item_id)
    return found


def abouts(organization: Organization, notices: Iterable[Notice]) -> Mapping[UUID, About]:
    """Return what notices are about, two statements for any number: titles are read where they are kept."""
    listed = list(notices)
    named = [notice.object for notice in listed]
    moment = now()
    asked = ApprovalRequest.objects.filter(organization=organization, pk__in=ids_of(named, APPROVAL))
    found = {f"{APPROVAL}{one.pk}": _of_request(one, moment) for one in asked.select_related("claimed_by")}
    runs = Run.objects.filter(organization=organization, pk__in=ids_of(named, RUN)).only("title", "workflow_name")
    found |= {f"{RUN}{run.pk}": About(run.title, f"a run of {run.workflow_name}") for run in runs}
    return {notice.pk: found.get(notice.object) or _of_name(notice.title or _GONE) for notice in listed}


def _of_request(request: ApprovalRequest, moment: datetime) -> About:
    whose = f" by {request.agent}" if request.agent else ""
    holder = request.claimed_by.username if request.claimed_by and request.is_claimed(moment) else ""
    return About(request.title, f"{request.operation}{whose}", holder)


def _of_name(title: str) -> About:
    return About(title, title)
