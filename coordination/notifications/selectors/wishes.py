"""How is somebody told what?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from coordination.accounts.models import Membership, Organization
from coordination.engine.timetable.quiet import Rest, next_daily, next_hourly
from coordination.notifications.catalogue import BANDS, topic_of
from coordination.notifications.models import Hours, Mail, Rhythm, Webhook, Wish

# What a wish is about: whose it is (nobody's: everyone's), which queue, which topic.
_About = tuple[UUID | None, str, str]


@dataclass(frozen=True, slots=True)
class Way:
    """How one topic reaches somebody, and whether they, or their organization, said so."""

    inbox: bool
    mail: Mail
    is_chosen: bool = False


@dataclass(frozen=True)
class Wishes:
    """What the people of an organization want to be told, and when."""

    ways: Mapping[_About, Way]
    hours: Mapping[UUID, Hours]

    def way(self, member: UUID | None, queue: str, topic: str) -> Way:
        """Return how a topic reaches a member: by their own word, then by everyone's; of the queue before the rest."""
        for whose in dict.fromkeys((member, None)):
            for said in dict.fromkeys((queue, "")):
                if found := self.ways.get((whose, said, topic)):
                    return found
        known = topic_of(topic)
        return Way(known.inbox, known.mail)

    def due(self, member: UUID, mail: Mail, band: str, moment: datetime) -> datetime:
        """Return when a member may be written to about what happens now."""
        hours = self.hours.get(member) or Hours()
        due = moment
        if mail == Mail.DIGEST:
            is_hourly = hours.rhythm == Rhythm.HOURLY
            due = next_hourly(moment) if is_hourly else next_daily(moment, hours.digest_at, hours.zone)
        elif hours.wakes_for_critical and band == BANDS[-1]:
            return moment
        return Rest(hours.zone, hours.quiet_from, hours.quiet_until).over(due)


def wishes(organization: Organization) -> Wishes:
    """Return what everyone of the organization wants: two statements."""
    said = Wish.objects.filter(organization=organization)
    hours = Hours.objects.filter(organization=organization)
    return Wishes(_ways(said), {one.member_id: one for one in hours})


def wishes_of(membership: Membership) -> Wishes:
    """Return what one member wants, with what holds for all."""
    said = Wish.objects.filter(organization_id=membership.organization_id, member__isnull=True)
    own = Wish.objects.filter(member=membership)
    return Wishes(_ways(said | own), {membership.pk: hours_of(membership)})


def hours_of(membership: Membership) -> Hours:
    """Return when a member is written to; the defaults while they said nothing."""
    found = Hours.objects.filter(pk=membership.pk).first()
    return found or Hours(member=membership, organization_id=membership.organization_id)


def queues(organization: Organization) -> list[str]:
    """Return the queues there are: the groups that people are in, and the roles that questions are put to."""
    groups = {group for one in organization.memberships.all() for group in one.groups}
    return [*sorted(groups), "reviewer", "admin"]


def topics_wanted() -> set[str]:
    """Return the topics that anyone anywhere has asked to be told."""
    chosen = Wish.objects.filter(Q(inbox=True) | ~Q(mail=Mail.OFF)).values_list("topic", flat=True).distinct()
    hooked = Webhook.objects.filter(is_paused=False).values_list("topics", flat=True)
    return {*chosen, *(topic for topics in hooked for topic in topics)}


def _ways(said: Iterable[Wish]) -> dict[_About, Way]:
    return {(one.member_id, one.queue, one.topic): Way(one.inbox, Mail(one.mail), is_chosen=True) for one in said}
