"""Who else is told, and what became of it?"""

from uuid import UUID

from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.notifications.errors import DeliveryUnknown, WebhookUnknown
from coordination.notifications.models import Delivery, Webhook


def webhooks(organization: Organization) -> QuerySet[Webhook]:
    """Return the webhooks by name."""
    return Webhook.objects.filter(organization=organization).select_related("organization").order_by("name")


def webhook_of(organization: Organization, webhook_id: UUID | str) -> Webhook:
    """Return one webhook; raises WebhookUnknown."""
    try:
        return webhooks(organization).get(pk=webhook_id)
    except Webhook.DoesNotExist:
        raise WebhookUnknown(name=webhook_id) from None


def deliveries(organization: Organization, *, state: str = "", webhook: UUID | None = None) -> QuerySet[Delivery]:
    """Return what was to leave the house, newest first."""
    found = Delivery.objects.filter(organization=organization)
    if state:
        found = found.filter(state=state)
    if webhook is not None:
        found = found.filter(webhook=webhook)
    return found.select_related("notice", "member__user", "webhook").order_by("-pk")


def delivery_of(organization: Organization, delivery_id: UUID) -> Delivery:
    """Return one delivery; raises DeliveryUnknown."""
    found = deliveries(organization).filter(pk=delivery_id).first()
    if found is None:
        raise DeliveryUnknown(name=delivery_id)
    return found
