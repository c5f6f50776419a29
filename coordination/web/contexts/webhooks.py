"""Webhooks, and what became of what left the house."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.notifications.catalogue import topic_of
from coordination.notifications.models import Delivery, DeliveryState, Shape, Webhook
from coordination.notifications.selectors import About
from coordination.web.contexts.notifications import DELIVERIES, WEBHOOKS, tabs
from coordination.web.contexts.parts import Choice, Pager, Problem
from coordination.web.contexts.status import Status
from coordination.web.forms.manifest import Filled
from coordination.web.forms.schema import Field

_PAUSED = Status("paused", "idle", "paused", "Paused")
_WORKS = Status("works", "ok", "done", "Answers")
_NEVER = Status("never", "wait", "waiting", "Not called yet")
_OF_STATE = {
    DeliveryState.WAITING: Status("waiting", "wait", "waiting", "Waiting"),
    DeliveryState.DELIVERED: Status("delivered", "ok", "done", "Delivered"),
    DeliveryState.DEAD: Status("dead", "bad", "failed", "Given up"),
    DeliveryState.DROPPED: Status("dropped", "idle", "skipped", "No longer needed"),
}
_AGAIN = Status("again", "wait", "rerouted", "Tried again soon")


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """One webhook."""

    webhook: Webhook
    status: Status
    shape: str
    told: str

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookRow":
        """Return the row."""
        parts = [
            ", ".join(topic_of(code).title for code in webhook.topics) or "All topics but finished runs",
            f"asked of {', '.join(webhook.queues)}" if webhook.queues else "",
            f"from {webhook.least_band} risk on" if webhook.least_band else "",
        ]
        return cls(webhook, _state_of(webhook), str(Shape(webhook.shape).label), "; ".join(filter(None, parts)))


@dataclass(frozen=True, slots=True)
class WebhooksPage:
    """Every webhook."""

    rows: list[WebhookRow]
    tabs: list[Choice]
    here: str

    @classmethod
    def of(cls, membership: Membership, webhooks: Iterable[Webhook], here: str) -> "WebhooksPage":
        """Compute the page."""
        return cls([WebhookRow.of(one) for one in webhooks], tabs(membership, WEBHOOKS), here)


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """Something on its way, and what became of it."""

    delivery: Delivery
    status: Status
    says: str
    title: str
    to: str
    can_repeat: bool

    @classmethod
    def of(cls, delivery: Delivery, abouts: Mapping[UUID, About]) -> "DeliveryRow":
        """Return the row."""
        notice, member, webhook = delivery.notice, delivery.member, delivery.webhook
        to = webhook.name if webhook else f"{member.user.username} by e-mail" if member else ""
        is_again = delivery.state == DeliveryState.WAITING and delivery.attempts > 0
        return cls(
            delivery=delivery,
            status=_AGAIN if is_again else _OF_STATE[DeliveryState(delivery.state)],
            says=topic_of(notice.topic).says if notice else "A test",
            title=abouts[notice.pk].title if notice else "",
            to=to,
            can_repeat=delivery.state == DeliveryState.DEAD and notice is not None,
        )


@dataclass(frozen=True, slots=True)
class WebhookPage:
    """One webhook, and what it was told lately."""

    row: WebhookRow
    lately: list[DeliveryRow]
    here: str

    @classmethod
    def of(
        cls, webhook: Webhook, deliveries: Iterable[Delivery], abouts: Mapping[UUID, About], here: str
    ) -> "WebhookPage":
        """Compute the page."""
        return cls(WebhookRow.of(webhook), [DeliveryRow.of(one, abouts) for one in deliveries], here)


@dataclass(frozen=True, slots=True)
class DeliveriesPage:
    """What left the house, newest first."""

    rows: list[DeliveryRow]
    pager: Pager
    chips: list[Choice]
    tabs: list[Choice]
    here: str

    @classmethod
    def of(
        cls,
        membership: Membership,
        deliveries: Iterable[Delivery],
        abouts: Mapping[UUID, About],
        pager: Pager,
        state: str,
        here: str,
    ) -> "DeliveriesPage":
        """Compute the page."""
        address = reverse("deliveries")
        chips = [Choice("All", address, here=not state)]
        chips += [Choice(str(one.label), f"{address}?state={one}", here=one == state) for one in DeliveryState]
        rows = [DeliveryRow.of(one, abouts) for one in deliveries]
        return cls(rows, pager, chips, tabs(membership, DELIVERIES), here)


@dataclass(frozen=True, slots=True)
class WebhookForm:
    """A form about a webhook: what it is called, what it says before, and its button."""

    title: str
    text: str
    button: str
    fields: Sequence[Field]
    problems: list[Problem]
    back: str
    back_title: str
    tone: str = ""

    @classmethod
    def of(
        cls, title: str, text: str, button: str, filled: Filled, webhook: Webhook | None, tone: str = ""
    ) -> "WebhookForm":
        """Return the form; it leads back to the webhook, or to all of them."""
        back = reverse("webhook", args=[webhook.pk]) if webhook else reverse("webhooks")
        name = webhook.name if webhook else "Webhooks"
        return cls(title, text, button, list(filled.fields.values()), filled.problems, back, name, tone)


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """The secret of a webhook, shown once."""

    webhook: Webhook
    secret: str


def _state_of(webhook: Webhook) -> Status:
    if webhook.is_paused:
        return _PAUSED
    if webhook.failing_since:
        return Status("failing", "bad", "failed", "Does not answer", webhook.problem)
    return _WORKS if webhook.told_at else _NEVER
