"""Connect with no more rights than serving needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.postgresql import base

# Without the role, or where the login may not take it, the connection keeps the rights it has: the audit page says so.
_ASSUME = """
    SELECT set_config('role', rolname, false) FROM pg_roles
    WHERE rolname = %s AND pg_has_role(session_user, rolname, 'MEMBER')
"""


class DatabaseWrapper(base.DatabaseWrapper):
    """Every new connection takes the role `APPLICATION_ROLE` of its settings, if the database has it."""

    def _configure_role(self, connection: Any) -> bool:
        if role := self.settings_dict.get("APPLICATION_ROLE"):
            with connection.cursor() as cursor:
                cursor.execute(_ASSUME, [role])
        return bool(role)

    @contextmanager
    def as_owner(self) -> Iterator[None]:
        """Have the rights of the login itself for a while, to change tables."""
        with self.cursor() as cursor:
            cursor.execute("RESET ROLE")
        try:
            yield
        finally:
            self._configure_role(self.connection)
