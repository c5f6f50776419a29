"""What became of deliveries."""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import F, QuerySet

from coordination.notifications.models import Delivery, DeliveryState
from coordination.shared.clock import now

# With pauses from a minute to an hour that is about fifteen hours.
MOST_TRIES = 20


def due() -> QuerySet[Delivery]:
    """Return what is to leave the house now."""
    return Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=now())


def delivered(some: Collection[Delivery]) -> None:
    """Write down that these arrived."""
    _waiting(some).update(state=DeliveryState.DELIVERED, tried_at=now(), attempts=F("attempts") + 1, problem="")


def dropped(some: Collection[Delivery], why: str) -> None:
    """Write down that nobody needs these any more."""
    _waiting(some).update(state=DeliveryState.DROPPED, problem=why)


def failed(some: Collection[Delivery], problem: str, rest: timedelta, *, is_over: bool) -> None:
    """Write down that these did not arrive, and try again after a rest unless it is over."""
    state = DeliveryState.DEAD if is_over else DeliveryState.WAITING
    _waiting(some).update(
        state=state, due_at=now() + rest, tried_at=now(), attempts=F("attempts") + 1, problem=problem[:500]
    )


def _waiting(some: Collection[Delivery]) -> QuerySet[Delivery]:
    # Whoever was thought dead and comes back late changes nothing that another has settled.
    return Delivery.objects.filter(pk__in=[one.pk for one in some], state=DeliveryState.WAITING)
