"""Someone outside calls a webhook."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from coordination.shared.clock import now
from coordination.shared.json import Json
from coordination.triggers.errors import HookPaused, HookUnknown, TooManyCalls
from coordination.triggers.hooks import Delivery, check_signature
from coordination.triggers.models import Firing, FiringState, Trigger, TriggerStatus
from coordination.triggers.selectors import hook
from coordination.triggers.services.firing import Occasion, fire

_MINUTE = timedelta(minutes=1)


def verified(trigger_id: UUID, delivery: Delivery, body: bytes) -> Trigger:
    """Return the hook that a call is for; raises HookUnknown, SignatureInvalid."""
    trigger = hook(trigger_id)
    check_signature(trigger, delivery, body, now())
    return trigger


@transaction.atomic
def receive(trigger: Trigger, delivery: Delivery, value: Json) -> tuple[Firing, bool]:
    """Fire for a call that was verified; the same delivery again gives the same firing, and True.

    Raises HookPaused, TooManyCalls.
    """
    locked = Trigger.objects.select_for_update().filter(pk=trigger.pk).first()
    if locked is None:
        raise HookUnknown
    key = f"delivery:{delivery.id}"
    known = Firing.objects.filter(trigger=locked, key=key).exclude(state=FiringState.REFUSED).first()
    if known is not None:
        return known, True
    if locked.status == TriggerStatus.PAUSED:
        raise HookPaused
    _check_rate(locked)
    return fire(locked, Occasion(key, now(), {"delivery": delivery.id, "body": value})), False


def _check_rate(trigger: Trigger) -> None:
    """Raise TooManyCalls if the last calls of a minute's worth came within this minute."""
    limit = trigger.spec["per_minute"]
    calls = Firing.objects.filter(trigger=trigger).order_by("-id").values_list("created_at", flat=True)
    oldest = calls[limit - 1 : limit].first()
    if oldest is not None and oldest > now() - _MINUTE:
        raise TooManyCalls(limit=limit)
