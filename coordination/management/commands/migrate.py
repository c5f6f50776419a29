"""Bring the tables up to date, as their owner, and give the application's role its rights on them."""

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections

from coordination.audit.granting import grant
from coordination.shared.postgresql.base import DatabaseWrapper


class Command(migrate.Command):
    """`migrate`, as Django has it, and grants after it."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate and grant."""
        connection = connections[options["database"]]
        if not isinstance(connection, DatabaseWrapper):
            raise TypeError("The database engine must be coordination.shared.postgresql.")
        with connection.as_owner():
            super().handle(*args, **options)
            grant(settings.DATABASE_ROLE)
