"""Seal all that is committed, although other tests' transactions on the same server may hold the sealer back."""

import time

from django.db import connection

from coordination.audit.models import AuditSealer
from coordination.audit.services import seal
from coordination.audit.transactions import has_news

_LONGEST_S = 60


def seal_all() -> int:
    """Seal every record that is committed now and return how many were sealed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (pg_snapshot_xmax(pg_current_snapshot())::text)::bigint")
        (everything_below,) = cursor.fetchone()
    n_sealed, given_up_at = 0, time.monotonic() + _LONGEST_S
    while time.monotonic() < given_up_at:
        n_sealed += seal()
        # Another may have sealed the last of it: where nothing is new, the mark stays where it is.
        is_past = AuditSealer.objects.filter(sealed_below__gte=everything_below).exists()
        if is_past or not has_news(AuditSealer, "sealed_below"):
            return n_sealed
        time.sleep(0.02)
    raise TimeoutError("A transaction on this server has been running for a minute: nothing after it can be sealed.")
