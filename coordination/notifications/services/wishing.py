"""Say what one wants to be told, and how."""

from collections.abc import Mapping, Sequence
from datetime import time
from zoneinfo import ZoneInfo

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership, Organization
from coordination.engine.timetable.cron import known_zone
from coordination.notifications.catalogue import TOPICS
from coordination.notifications.errors import WishInvalid
from coordination.notifications.models import Hours, Mail, Rhythm, Wish
from coordination.notifications.selectors.wishes import Way, hours_of
from coordination.notifications.stream import record
from coordination.shared.errors import FieldError
from coordination.shared.json import Json, JsonObject

_LONGEST_QUEUE = 60


@transaction.atomic
def set_ways(
    organization: Organization,
    ways: Mapping[str, Way | None],
    actor: Actor,
    *,
    member: Membership | None = None,
    queue: str = "",
) -> None:
    """Say how topics are told to a member, or to everyone who says nothing themselves; None is: as usual.

    Topics that are not named stay as they were. Raises WishInvalid.
    """
    _check(ways, queue)
    said = Wish.objects.filter(organization=organization, member=member, queue=queue)
    said.filter(topic__in=ways).delete()
    Wish.objects.bulk_create(
        Wish(organization=organization, member=member, queue=queue, topic=topic, inbox=way.inbox, mail=way.mail)
        for topic, way in ways.items()
        if way is not None
    )
    told: dict[str, Json] = {topic: _as_json(way) for topic, way in ways.items()}
    record(organization, "NotificationsChosen", actor, _whose(member, queue), ways=told)


@transaction.atomic
def set_hours(member: Membership, actor: Actor, **changes: object) -> Hours:
    """Say when a member is written to; raises WishInvalid."""
    hours = hours_of(member)
    for name, value in changes.items():
        setattr(hours, name, value)
    _check_hours(hours)
    hours.save()
    told: dict[str, Json] = {name: _spelled(value) for name, value in changes.items()}
    record(member.organization, "NotificationHoursChosen", actor, _whose(member, ""), **told)
    return hours


def _check(ways: Mapping[str, Way | None], queue: str) -> None:
    unknown = [topic for topic in ways if topic not in TOPICS]
    if unknown:
        raise WishInvalid(
            errors=[FieldError(f"/topics/{topic}", "there is no such topic") for topic in unknown],
            problem=f"there is no topic {unknown[0]}",
        )
    if len(queue) > _LONGEST_QUEUE:
        raise WishInvalid(errors=[FieldError("/queue", "this is too long")], problem="the queue's name is too long")


def _check_hours(hours: Hours) -> None:
    problems: Sequence[FieldError] = []
    try:
        known_zone(hours.zone)
        ZoneInfo(hours.zone)
    except (ValueError, KeyError) as error:
        problems = [FieldError("/zone", str(error).rstrip("."))]
    if hours.rhythm not in Rhythm.values:
        problems = [FieldError("/rhythm", f"use one of {', '.join(Rhythm.values)}")]
    if problems:
        raise WishInvalid(errors=problems, problem=f"{problems[0].message}.")


def _as_json(way: Way | None) -> JsonObject | None:
    return None if way is None else {"inbox": way.inbox, "mail": str(Mail(way.mail))}


def _spelled(value: object) -> Json:
    return value.isoformat("minutes") if isinstance(value, time) else value if isinstance(value, bool) else str(value)


def _whose(member: Membership | None, queue: str) -> str:
    whose = f"user:{member.user.username}" if member else "everyone"
    return f"{whose}/queue:{queue}" if queue else whose
