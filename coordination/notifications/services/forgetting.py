"""Forget what was told long ago; the audit log keeps what happened."""

from datetime import timedelta

from coordination.notifications.models import Notice
from coordination.shared.clock import now

KEPT = timedelta(days=90)
_AT_ONCE = 2_000


def forget_old() -> int:
    """Drop notices that are past their time, with what hangs on them, and return how many."""
    n_dropped = 0
    while old := list(Notice.objects.filter(at__lt=now() - KEPT).values_list("pk", flat=True)[:_AT_ONCE]):
        Notice.objects.filter(pk__in=old).delete()
        n_dropped += len(old)
    return n_dropped
