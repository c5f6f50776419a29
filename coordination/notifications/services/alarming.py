"""Tell people of alarms: what is wrong with the audit log stands in no record of it."""

from django.db import transaction

from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may, members
from coordination.audit.selectors import Alarm, alarms
from coordination.notifications.live import ring_for
from coordination.notifications.models import Notice
from coordination.notifications.services.telling import spread
from coordination.notifications.telling import Told
from coordination.shared.clock import now

_TOPIC, _LINK = "audit.alarm", "/audit/anchors/"


def look_for_alarms() -> int:
    """Tell of every grave alarm of the audit log, once, and return how many are new."""
    return sum(_look(organization) for organization in Organization.objects.order_by("pk"))


@transaction.atomic
def _look(organization: Organization) -> int:
    grave = {_key(alarm): alarm for alarm in alarms(organization) if alarm.is_grave}
    known = Notice.objects.filter(organization=organization, key__in=grave).values_list("key", flat=True)
    new = {key: alarm for key, alarm in grave.items() if key not in {*known}}
    if not new:
        return 0
    people = {one.pk: one for one in members(organization).filter(user__is_active=True) if may(one, Right.AUDIT_READ)}
    told = [
        Told(_TOPIC, "", _LINK, dict.fromkeys(people, ""), title=alarm.title, key=key) for key, alarm in new.items()
    ]
    notices = [_notice(organization, one) for one in told]
    ring_for(organization.pk, spread(organization, list(zip(told, notices, strict=True)), people))
    return len(new)


def _key(alarm: Alarm) -> str:
    """Return what an alarm is told for: that it began then; one that stays is told again the next day."""
    since = f"{alarm.since:%Y-%m-%dT%H:%M}" if alarm.since else ""
    return f"alarm/{alarm.code}/{since}/{now():%Y-%m-%d}"


def _notice(organization: Organization, told: Told) -> Notice:
    return Notice(organization=organization, key=told.key, topic=told.topic, title=told.title, link=told.link, at=now())
