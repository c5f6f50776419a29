"""Try out whether messages arrive, and send again what was given up."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership
from coordination.notifications.errors import NoAddress, NothingToRepeat
from coordination.notifications.jobs import DELIVER
from coordination.notifications.models import Delivery, DeliveryState, Webhook
from coordination.notifications.services.calling import call
from coordination.notifications.services.mailing import LEASE, send
from coordination.notifications.services.outcomes import delivered, failed
from coordination.notifications.stream import object_of, record
from coordination.notifications.wording import Message
from coordination.shared.calling import CallFailed
from coordination.shared.clock import now


def try_webhook(webhook: Webhook, actor: Actor) -> Delivery:
    """Call a webhook now about nothing, once, and return what became of it."""
    delivery = _begun(webhook=webhook, organization=webhook.organization)
    _try(delivery, lambda: call(webhook, delivery, {}))
    with transaction.atomic():
        record(
            webhook.organization, "WebhookTested", actor, object_of(webhook), name=webhook.name, state=delivery.state
        )
    return delivery


def try_mail(member: Membership) -> Delivery:
    """Write an e-mail to a member now about nothing, once, and return what became of it; raises NoAddress."""
    if not member.user.email:
        raise NoAddress
    delivery = _begun(member=member, organization=member.organization)
    message = Message.test(delivery.pk, member.organization.slug, delivery.created_at)
    _try(delivery, lambda: send(member, [message]))
    return delivery


@transaction.atomic
def repeat(delivery: Delivery, actor: Actor) -> Delivery:
    """Send again what was given up, with as many attempts as at first; raises NothingToRepeat."""
    locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if locked.state != DeliveryState.DEAD or locked.notice_id is None:
        raise NothingToRepeat(state=locked.get_state_display().lower())
    locked.state, locked.attempts, locked.due_at = DeliveryState.WAITING, 0, now()
    locked.save(update_fields=["state", "attempts", "due_at"])
    if locked.webhook_id is not None:
        # It was left alone because it failed; somebody says now that it works.
        Webhook.objects.filter(pk=locked.webhook_id, failing_since__isnull=False).update(resting_until=now())
    record(delivery.organization, "DeliveryRepeated", actor, f"delivery:{locked.pk}")
    DELIVER.later()
    return locked


def _begun(**whose: object) -> Delivery:
    # Nobody else sends it meanwhile.
    return Delivery.objects.create(created_at=now(), due_at=now() + LEASE, **whose)


def _try(delivery: Delivery, send_it: Callable[[], None]) -> None:
    try:
        send_it()
    except CallFailed as error:
        failed([delivery], str(error), timedelta(), is_over=True)
    else:
        delivered([delivery])
    delivery.refresh_from_db()
