"""Which transactions may still be running: what reads committed records in order asks here.

Each record holds the number of the transaction that wrote it. Below `oldest_running` nothing new can appear.
"""

from dataclasses import dataclass

from django.db import connection

_NUMBERS = """
    SELECT (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint,
        (pg_snapshot_xmax(pg_current_snapshot())::text)::bigint,
        (SELECT system_identifier::text FROM pg_control_system())
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """The lowest number of a transaction that may be running, the next one to be given, and the cluster that counts."""

    oldest_running: int
    next: int
    system_id: str


def moment_now() -> Moment:
    """Return how far transactions are now."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS)
        return Moment(*cursor.fetchone())
