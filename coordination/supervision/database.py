"""Reach the database and bring its tables up to date."""

import psycopg
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from coordination.embedded import CannotStart

# Any number that nobody else uses for an advisory lock in this database.
LOCK = 7_203_415_118


def reach() -> None:
    """Check that PostgreSQL answers. Raises: CannotStart."""
    parameters = connection.get_connection_params()
    parameters.pop("pool", None)
    try:
        psycopg.connect(**parameters).close()
    except psycopg.OperationalError as error:
        # libpq: 'connection to server at "…" failed: Connection refused', then advice on further lines.
        reason = str(error).strip().splitlines()[0].rpartition(" failed: ")[2]
        raise CannotStart(f"DATABASE_URL: PostgreSQL can't be reached ({reason}).") from error


def migrate() -> int:
    """Apply the migrations that are missing and return their number; a second start waits for the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            executor = MigrationExecutor(connection)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if plan:
                call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return len(plan)
