"""Which transactions may still be running: what reads committed records in order asks here.

Each record holds the number of the transaction that wrote it. Below `oldest_running` nothing new can appear.
"""

from dataclasses import dataclass

from django.db import connection, models
from psycopg import sql

_NUMBERS = """
    SELECT (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint,
        (pg_snapshot_xmax(pg_current_snapshot())::text)::bigint,
        (SELECT system_identifier::text FROM pg_control_system())
"""
# Also where the reader has not begun yet, or is to begin anew in another cluster.
_NEWS = sql.SQL("""
    SELECT count(*) = 0 OR bool_or(
        system_id <> (SELECT system_identifier::text FROM pg_control_system())
        OR EXISTS (SELECT 1 FROM audit_auditevent WHERE written_in >= reader.{mark})
    ) FROM {table} AS reader
""")


_ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(%s)"


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


def has_news(reader: type[models.Model], mark: str) -> bool:
    """Tell whether there are records that a reader has not seen; `mark` is the column below which it has seen all.

    One statement: a system in which nothing happens is asked every second.
    """
    names = {"table": sql.Identifier(reader._meta.db_table), "mark": sql.Identifier(mark)}
    with connection.cursor() as cursor:
        cursor.execute(_NEWS.format(**names))
        return bool(cursor.fetchone()[0])


def is_alone(lock: int) -> bool:
    """Take a reader's place until the transaction ends, unless another has it; each kind of reader has its own lock."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME, [lock])
        return bool(cursor.fetchone()[0])
