"""Count what PostgreSQL and Redis were asked to do while something ran."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import psycopg
import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from coordination import embedded
from coordination.embedded.postgres import Postgres

_RESTART_WITHIN_S = 30.0
# Counting statements costs something, so it is off unless a block asks for it.
_PRELOADED = "\nshared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.track = none\n"


@dataclass(slots=True)
class Counts:
    """What happened during a block: commits are those of transactions that wrote something.

    `statements` is None where the server does not count them.
    """

    commits: int = 0
    wal_bytes: int = 0
    messages: int = 0
    redis_commands: int = 0
    statements: int | None = None


def count_statements_in(home: Path) -> None:
    """Restart the embedded PostgreSQL of a throwaway home folder so that it can count statements."""
    server = Postgres(home)
    with (server.data / "postgresql.conf").open("a") as file:
        file.write(_PRELOADED)
    before = _pid(server)
    os.kill(before, signal.SIGINT)
    give_up = time.monotonic() + _RESTART_WITHIN_S
    # Its keeper starts it again.
    while not (server.ready() and _pid(server) != before):
        if time.monotonic() > give_up:
            raise RuntimeError("The benchmark's PostgreSQL did not come back.")
        time.sleep(0.05)
    with psycopg.connect(embedded.database_url(home), autocommit=True) as asking:
        asking.execute("CREATE EXTENSION pg_stat_statements")


@contextmanager
def counted(*, statements: bool = False) -> Iterator[Counts]:
    """Fill in, at the block's end, what happened meanwhile."""
    counts = Counts()
    is_on = statements and _track("top")
    before = _now(is_on)
    yield counts
    after = _now(is_on)
    if is_on:
        _track("none")
    for one in fields(Counts):
        first, last = getattr(before, one.name), getattr(after, one.name)
        setattr(counts, one.name, None if first is None or last is None else last - first)


def _pid(server: Postgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])


def _track(which: str) -> bool:
    """Switch the counting of statements, and tell whether that was possible."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'")
            if cursor.fetchone() is None:
                return False
            cursor.execute(f"ALTER SYSTEM SET pg_stat_statements.track = '{which}'")
            cursor.execute("SELECT pg_reload_conf()")
    except DatabaseError:
        return False
    time.sleep(0.2)  # Sessions take it over with their next statement.
    return True


def _now(with_statements: bool) -> Counts:
    with connection.cursor() as cursor:
        # Not from pg_stat_database: a session that has become idle may publish what it did ten seconds later.
        cursor.execute(
            "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
        )
        commits, wal_bytes = cursor.fetchone()
    messages, commands = _redis_counts()
    return Counts(commits, int(wal_bytes), messages, commands, _statements() if with_statements else None)


def _statements() -> int | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(sum(calls), 0) FROM pg_stat_statements"
            " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return int(cursor.fetchone()[0])


def _redis_counts() -> tuple[int, int]:
    """Return how many messages were put into queues, and how many commands there were."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    with client:
        pushed = client.info("commandstats").get("cmdstat_lpush", {"calls": 0})["calls"]
        return int(pushed), int(client.info("stats")["total_commands_processed"])
