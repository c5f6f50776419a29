"""One's own inbox, and what one wants to be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.notifications.catalogue import TOPICS, Topic, topic_of
from coordination.notifications.live import topic_for
from coordination.notifications.models import InboxItem, Mail
from coordination.notifications.selectors import About, Way, Wishes
from coordination.web.contexts.parts import Choice, Pager, Problem, strip_of
from coordination.web.contexts.status import Status
from coordination.web.forms.notifications import USUAL, WAYS, way_value
from coordination.web.forms.schema import Field

INBOX, CHOICES, QUEUES, WEBHOOKS, DELIVERIES = "inbox", "choices", "queues", "webhooks", "deliveries"
_ICONS = {"wait": "waiting", "bad": "alert", "ok": "done", "human": "person", "idle": "idle"}
_BANDS = {"medium": "wait", "high": "bad", "critical": "bad"}


def tabs(membership: Membership, here: str) -> list[Choice]:
    """Return the strip of tabs; those about everyone are for whoever may change them."""
    own = [
        (INBOX, "Inbox", reverse("notifications")),
        (CHOICES, "What I am told", reverse("notification-settings")),
    ]
    of_all = [
        (QUEUES, "What queues are told", reverse("notification-queues")),
        (WEBHOOKS, "Webhooks", reverse("webhooks")),
        (DELIVERIES, "Deliveries", reverse("deliveries")),
    ]
    return strip_of([*own, *(of_all if may(membership, Right.NOTIFICATION_EDIT) else [])], here)


def status_of(topic: Topic) -> Status:
    """Return how a topic looks."""
    return Status(topic.code, topic.tone, _ICONS[topic.tone], topic.says)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One thing that a member was told."""

    item: InboxItem
    status: Status
    title: str
    note: str
    band: str
    band_tone: str

    @classmethod
    def of(cls, item: InboxItem, about: About) -> "ItemRow":
        """Return the row; who is at it, or settled it, is said in words."""
        band = item.notice.band if item.notice.band in _BANDS else ""
        note = item.settled_by or (f"taken up by {about.holder}" if about.holder else "")
        return cls(item, status_of(topic_of(item.notice.topic)), about.title, note, band, _BANDS.get(band, ""))


@dataclass(frozen=True, slots=True)
class InboxPage:
    """What a member was told, newest first."""

    rows: list[ItemRow]
    pager: Pager
    chips: list[Choice]
    tabs: list[Choice]
    rings: str
    here: str
    n_unread: int
    is_unread_only: bool

    @classmethod
    def of(
        cls,
        membership: Membership,
        items: Sequence[InboxItem],
        abouts: Mapping[UUID, About],
        pager: Pager,
        n_unread: int,
        here: str,
        *,
        unread: bool,
    ) -> "InboxPage":
        """Compute the page."""
        chips = [
            Choice("Unread", reverse("notifications"), here=unread),
            Choice("All", f"{reverse('notifications')}?show=all", here=not unread),
        ]
        return cls(
            rows=[ItemRow.of(item, abouts[item.notice_id]) for item in items],
            pager=pager,
            chips=chips,
            tabs=tabs(membership, INBOX),
            rings=topic_for(membership.pk),
            here=here,
            n_unread=n_unread,
            is_unread_only=unread,
        )


@dataclass(frozen=True, slots=True)
class WayChoice:
    """One way in which a topic can be told."""

    value: str
    title: str
    here: bool


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic and the ways in which it can be told."""

    topic: Topic
    choices: list[WayChoice]

    @classmethod
    def of(cls, topic: Topic, wishes: Wishes, member: UUID | None, queue: str) -> "TopicRow":
        """Return the row; what holds where nothing is chosen stands first."""
        chosen = way_value(wishes.ways.get((member, queue, topic.code)))
        usual = WAYS[way_value(_usual(topic, wishes, member, queue))]
        choices = [WayChoice(USUAL, f"As usual: {usual[0].lower()}{usual[1:]}", chosen == USUAL)]
        return cls(topic, choices + [WayChoice(value, title, value == chosen) for value, title in WAYS.items()])


@dataclass(frozen=True, slots=True)
class ChoicesPage:
    """What a member, or everyone who says nothing themselves, is told."""

    title: str
    note: str
    rows: list[TopicRow]
    chips: list[Choice]
    tabs: list[Choice]
    queue: str
    hours: Sequence[Field]
    problems: Sequence[Problem]
    address: str
    is_own: bool
    action: str

    @classmethod
    def of(
        cls,
        membership: Membership,
        wishes: Wishes,
        queues: Sequence[str],
        queue: str,
        hours: Sequence[Field] = (),
        problems: Sequence[Problem] = (),
        *,
        is_own: bool,
    ) -> "ChoicesPage":
        """Compute the page; of a queue only what comes through it can be chosen apart."""
        name = "notification-settings" if is_own else "notification-queues"
        shown = [topic for topic in TOPICS.values() if topic.is_queued or not queue]
        member = membership.pk if is_own else None
        chips = [Choice("Everything", reverse(name), here=not queue)]
        chips += [Choice(one, f"{reverse(name)}?queue={one}", here=one == queue) for one in queues]
        return cls(
            title="What I am told" if is_own else "What queues are told",
            note="Your own choice, whatever the queue is told."
            if is_own
            else "For everyone who chose nothing themselves.",
            rows=[TopicRow.of(topic, wishes, member, queue) for topic in shown],
            chips=chips,
            tabs=tabs(membership, CHOICES if is_own else QUEUES),
            queue=queue,
            hours=hours,
            problems=problems,
            address=membership.user.email,
            is_own=is_own,
            action=f"{reverse(name)}?queue={queue}" if queue else reverse(name),
        )


def _usual(topic: Topic, wishes: Wishes, member: UUID | None, queue: str) -> Way:
    """Return what holds where nothing is chosen here."""
    places = [(whose, said) for whose in dict.fromkeys((member, None)) for said in dict.fromkeys((queue, ""))]
    found = (wishes.ways.get((whose, said, topic.code)) for whose, said in places[1:])
    return next((way for way in found if way), Way(topic.inbox, Mail(topic.mail)))
