"""What a superuser could do to the record: everything, with the triggers switched off."""

from typing import Any

from django.db import connection, transaction


def as_superuser(statement: str, *parameters: Any, changes: bool = True) -> None:
    """Change what is append-only."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, parameters)
        assert cursor.rowcount or not changes
        cursor.execute("SET LOCAL session_replication_role = origin")
