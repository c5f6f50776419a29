"""One's own inbox, and what one is told and when."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.api.deliveries import DeliveryOutput
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.pagination import NewestFirst
from coordination.notifications import selectors, services
from coordination.notifications.catalogue import TOPICS, topic_of
from coordination.notifications.models import Hours, InboxItem, Mail, Rhythm
from coordination.notifications.selectors import About, Way
from coordination.notifications.wording import absolute


class InboxFilters(Input):
    """Which notifications."""

    unread = serializers.BooleanField(required=False, help_text="Only what still asks to be read.")
    topic = serializers.ChoiceField(list(TOPICS), required=False)


class ItemOutput(serializers.Serializer[Any]):
    """One thing that you were told; `settled_by` says who did what it asked for."""

    id = serializers.UUIDField()
    topic = serializers.CharField()
    says = serializers.CharField()
    title = serializers.CharField()
    band = serializers.CharField()
    object = serializers.CharField()
    link = serializers.CharField()
    at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    settled_by = serializers.CharField()
    held_by = serializers.CharField(help_text="Who has taken it up.")


class ReadOutput(serializers.Serializer[Any]):
    """How much was marked."""

    read = serializers.IntegerField()


class WayInput(Input):
    """How one topic is told."""

    topic = serializers.ChoiceField(list(TOPICS))
    inbox = serializers.BooleanField(required=False)
    mail = serializers.ChoiceField(Mail.values, required=False)
    usual = serializers.BooleanField(default=False, help_text="Choose nothing: what holds for everyone holds.")


class WaysInput(Input):
    """How topics are told, of everything or of one queue; topics that are not named stay as they are."""

    queue = serializers.CharField(max_length=60, default="", allow_blank=True)
    topics = WayInput(many=True)


class WayOutput(serializers.Serializer[Any]):
    """How one topic is told; `chosen` is false where it is as usual."""

    topic = serializers.CharField()
    title = serializers.CharField()
    inbox = serializers.BooleanField()
    mail = serializers.CharField()
    chosen = serializers.BooleanField()


class WaysOutput(serializers.Serializer[Any]):
    """How every topic is told."""

    queue = serializers.CharField()
    topics = WayOutput(many=True)


class QueueFilter(Input):
    """Of which queue."""

    queue = serializers.CharField(max_length=60, default="", allow_blank=True)


class HoursInput(Input):
    """When you are written to; the same hour twice means no hours of rest."""

    zone = serializers.CharField(max_length=60, required=False)
    quiet_from = serializers.TimeField(required=False)
    quiet_until = serializers.TimeField(required=False)
    wakes_for_critical = serializers.BooleanField(required=False)
    rhythm = serializers.ChoiceField(Rhythm.values, required=False)
    digest_at = serializers.TimeField(required=False)


class HoursOutput(serializers.ModelSerializer[Hours]):
    """When you are written to."""

    class Meta:
        model = Hours
        fields = ("zone", "quiet_from", "quiet_until", "wakes_for_critical", "rhythm", "digest_at")


class Inbox(Endpoint):
    """Your own inbox."""

    @listing("notifications_list", InboxFilters, ItemOutput)
    def get(self, request: Request) -> Response:
        """List what you were told, newest first; to read it here marks nothing as read."""
        asked = self.asked(InboxFilters)
        membership, unread = self.caller.membership, asked.get("unread", False)
        paginator = NewestFirst()
        found = selectors.inbox(membership, unread=unread, topic=asked.get("topic", ""))
        items = paginator.paginate_queryset(found, request, view=self) or []
        return paginator.get_paginated_response(ItemOutput(_said(membership, items), many=True).data)


class Mark(Endpoint):
    """Mark one item of your own inbox."""

    writes = Right.READ

    @takes("notifications_mark", None, ItemOutput)
    def post(self, request: Request, item_id: UUID) -> Response:
        """Mark it, and return it."""
        membership = self.caller.membership
        mark = services.mark_unread if request.path.endswith("/unread/") else services.mark_read
        return Response(ItemOutput(_said(membership, [mark(membership, item_id)])[0]).data)


class MarkUnread(Mark):
    """Mark one item of your own inbox as unread."""

    post = takes("notifications_mark_unread", None, ItemOutput)(Mark.post)


class ReadAll(Endpoint):
    """Your whole inbox."""

    writes = Right.READ

    @takes("notifications_read_all", None, ReadOutput)
    def post(self, request: Request) -> Response:
        """Mark everything as read, and return how much that was."""
        return Response({"read": services.mark_all_read(self.caller.membership)})


class Ways(Endpoint):
    """How you are told what."""

    writes = Right.READ

    @takes("notifications_settings", None, WaysOutput)
    def get(self, request: Request) -> Response:
        """Return how every topic reaches you, of everything or of one queue."""
        return self._answer(self.asked(QueueFilter)["queue"])

    @takes("notifications_choose", WaysInput, WaysOutput)
    def patch(self, request: Request) -> Response:
        """Choose for the topics that are named."""
        given = self.given(WaysInput)
        ways = {one["topic"]: _way(one) for one in given["topics"]}
        services.set_ways(self.organization, ways, self.caller.actor, member=self._member, queue=given["queue"])
        return self._answer(given["queue"])

    @property
    def _member(self) -> Membership | None:
        return self.caller.membership

    def _answer(self, queue: str) -> Response:
        known, member = selectors.wishes_of(self.caller.membership), self._member
        told = [known.way(member.pk if member else None, queue, topic) for topic in TOPICS]
        topics = [
            {"topic": topic.code, "title": topic.title, "inbox": way.inbox, "mail": way.mail, "chosen": way.is_chosen}
            for topic, way in zip(TOPICS.values(), told, strict=True)
        ]
        return Response(WaysOutput({"queue": queue, "topics": topics}).data)


class WaysOfAll(Ways):
    """How everyone is told what who chose nothing themselves."""

    reads = writes = Right.NOTIFICATION_EDIT
    get = takes("notifications_queues", None, WaysOutput)(Ways.get)
    patch = takes("notifications_queues_choose", WaysInput, WaysOutput)(Ways.patch)

    @property
    def _member(self) -> Membership | None:
        return None


class OwnHours(Endpoint):
    """When you are written to."""

    writes = Right.READ

    @takes("notifications_hours", None, HoursOutput)
    def get(self, request: Request) -> Response:
        """Return it."""
        return Response(HoursOutput(selectors.hours_of(self.caller.membership)).data)

    @takes("notifications_hours_set", HoursInput, HoursOutput)
    def patch(self, request: Request) -> Response:
        """Change what is named."""
        given = self.given(HoursInput)
        return Response(HoursOutput(services.set_hours(self.caller.membership, self.caller.actor, **given)).data)


class TestMail(Endpoint):
    """An e-mail to yourself."""

    writes = Right.READ

    @takes("notifications_test_mail", None, DeliveryOutput)
    def post(self, request: Request) -> Response:
        """Send one now, and return what became of it."""
        return Response(DeliveryOutput(services.try_mail(self.caller.membership)).data)


def _said(membership: Membership, items: Sequence[InboxItem]) -> list[dict[str, Any]]:
    """Return items with what they are about, looked up for all of them at once."""
    known = selectors.abouts(membership.organization, [item.notice for item in items])
    return [_item(item, known[item.notice_id]) for item in items]


def _item(item: InboxItem, about: About) -> dict[str, Any]:
    notice = item.notice
    return {
        "id": item.pk, "topic": notice.topic, "says": topic_of(notice.topic).says, "title": about.title,
        "band": notice.band, "object": notice.object, "link": absolute(notice.link), "at": notice.at,
        "read_at": item.read_at, "settled_at": item.settled_at, "settled_by": item.settled_by,
        "held_by": about.holder,
    }  # fmt: skip


def _way(said: Mapping[str, Any]) -> Way | None:
    if said["usual"]:
        return None
    usual = topic_of(said["topic"])
    return Way(said.get("inbox", usual.inbox), Mail(said.get("mail", usual.mail)))


urlpatterns = [
    path("notifications/", Inbox.as_view()),
    path("notifications/read-all/", ReadAll.as_view()),
    path("notifications/settings/", Ways.as_view()),
    path("notifications/settings/hours/", OwnHours.as_view()),
    path("notifications/settings/test-mail/", TestMail.as_view()),
    path("notifications/queues/", WaysOfAll.as_view()),
    path("notifications/<uuid:item_id>/read/", Mark.as_view()),
    path("notifications/<uuid:item_id>/unread/", MarkUnread.as_view()),
]
