"""Put into inboxes and on their way what records mean for people."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from coordination.accounts.models import Membership, Organization
from coordination.audit.models import AuditEvent
from coordination.notifications.catalogue import ASKING, BANDS, topic_of
from coordination.notifications.jobs import DELIVER
from coordination.notifications.live import ring_for
from coordination.notifications.models import Delivery, InboxItem, Mail, Notice, Webhook
from coordination.notifications.selectors.wishes import Wishes, wishes
from coordination.notifications.telling import Scene, Settled, Told, meaning_of
from coordination.shared.clock import now

_SETTLE = """
    UPDATE notifications_inboxitem AS item SET settled_at = said.at, settled_by = said.by
    FROM unnest(%(objects)s::text[], %(by)s::text[], %(members)s::uuid[], %(moments)s::timestamptz[])
            AS said(object, by, member, at),
        notifications_notice AS notice
    WHERE notice.organization_id = %(organization)s AND notice.object = said.object AND notice.topic = ANY(%(asking)s)
        AND notice.at < said.at AND item.notice_id = notice.id AND item.settled_at IS NULL
        AND (said.member IS NULL OR item.member_id = said.member)
    RETURNING item.member_id
"""


@transaction.atomic
def tell(records: Iterable[AuditEvent]) -> None:
    """Tell people what these records mean, oldest first; what was told before is not told again."""
    ordered = sorted(records, key=lambda record: (record.organization_id, record.occurred_at, record.pk))
    for organization_id, own in groupby(ordered, key=attrgetter("organization_id")):
        organization = Organization.objects.filter(pk=organization_id).first()
        if organization is not None:
            _tell(organization, list(own))


def _tell(organization: Organization, records: Sequence[AuditEvent]) -> None:
    scene = Scene.of(organization, records)
    told: list[tuple[Told, AuditEvent]] = []
    settled: list[tuple[Settled, AuditEvent]] = []
    for record in records:
        meaning = meaning_of(scene, record)
        told += [(one, record) for one in meaning.told]
        settled += [(one, record) for one in meaning.settled]
    people = {one.pk: one for one in scene.people}
    rung = spread(organization, [(one, _notice(organization, one, record)) for one, record in told], people)
    ring_for(organization.pk, rung | _settle(organization, settled))


def spread(
    organization: Organization, told: Sequence[tuple[Told, Notice]], people: dict[UUID, Membership]
) -> set[UUID]:
    """Put notices into inboxes and on their way, and return whose inbox changed."""
    if not told:
        return set()
    known, hooks = wishes(organization), list(Webhook.objects.filter(organization=organization, is_paused=False))
    wanted = [(one, notice) for one, notice in told if _anybody(one, notice, known, hooks)]
    kept = _keep(organization, [notice for _, notice in wanted])
    items: list[InboxItem] = []
    deliveries: list[Delivery] = []
    for one, new in wanted:
        notice = kept[new.key]
        items += [
            InboxItem(notice=notice, organization=organization, member_id=member)
            for member, queue in one.people.items()
            if known.way(member, queue, one.topic).inbox
        ]
        deliveries += _mails(one, notice, known, people)
        deliveries += [_to(notice, webhook=hook) for hook in hooks if wants(hook, notice)]
    InboxItem.objects.bulk_create(items, ignore_conflicts=True)
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    if any(one.due_at <= now() for one in deliveries):
        DELIVER.later()
    return {item.member_id for item in items}


def _anybody(one: Told, notice: Notice, known: Wishes, hooks: Sequence[Webhook]) -> bool:
    """Tell whether it reaches anybody at all."""
    ways = (known.way(member, queue, one.topic) for member, queue in one.people.items())
    return any(way.inbox or way.mail != Mail.OFF for way in ways) or any(wants(hook, notice) for hook in hooks)


def wants(hook: Webhook, notice: Notice) -> bool:
    """Tell whether a webhook is to be told."""
    if notice.topic not in hook.topics if hook.topics else topic_of(notice.topic).is_frequent:
        return False
    if hook.queues and not {*hook.queues} & {*notice.queues}:
        return False
    return not hook.least_band or notice.band in BANDS[BANDS.index(hook.least_band) :]


def _keep(organization: Organization, notices: Sequence[Notice]) -> dict[str, Notice]:
    """Save what is new, and return all of it by key as it is kept."""
    # Of several about the same the last one counts: what came before it asks nobody any more.
    by_key = {notice.key: notice for notice in notices}
    Notice.objects.bulk_create(by_key.values(), ignore_conflicts=True)
    kept = Notice.objects.filter(organization=organization, key__in=by_key)
    return {notice.key: notice for notice in kept}


def _mails(one: Told, notice: Notice, known: Wishes, people: dict[UUID, Membership]) -> Iterable[Delivery]:
    for member, queue in one.people.items():
        way = known.way(member, queue, one.topic)
        if way.mail != Mail.OFF and people[member].user.email:
            yield _to(notice, member=people[member], due_at=known.due(member, way.mail, notice.band, now()))


def _to(notice: Notice, **fields: object) -> Delivery:
    moment = now()
    given = {"created_at": moment, "due_at": moment, **fields}
    return Delivery(organization_id=notice.organization_id, notice=notice, **given)


def _notice(organization: Organization, told: Told, record: AuditEvent) -> Notice:
    return Notice(
        organization=organization,
        key=(told.key or str(record.pk))[:200],
        topic=told.topic,
        object=told.object,
        title=told.title,
        band=told.band,
        link=told.link,
        queues=list(told.queues),
        at=record.occurred_at,
    )


def _settle(organization: Organization, settled: Sequence[tuple[Settled, AuditEvent]]) -> set[UUID]:
    """Let what nobody has to do any more ask nobody, and return whose inbox changed."""
    if not settled:
        return set()
    named: dict[str, Any] = {
        "organization": organization.pk,
        "objects": [one.object for one, _ in settled],
        "by": [one.by[:200] for one, _ in settled],
        "members": [one.only for one, _ in settled],
        # What is asked from then on is another question.
        "moments": [record.occurred_at for _, record in settled],
        "asking": list(ASKING),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, named)
        return {row[0] for row in cursor.fetchall()}
