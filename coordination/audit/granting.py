"""What the application's role may do in the database: everything but to change or remove what is append-only."""

import logging

from django.db import DatabaseError, connection, transaction
from psycopg import sql

logger = logging.getLogger(__name__)

# Tables that only ever grow.
APPEND_ONLY = (
    "audit_auditevent",
    "audit_auditkey",
    "audit_auditcheckpoint",
    "audit_auditbatch",
    "audit_auditnode",
    "audit_auditanchored",
    "audit_auditcheck",
)

# Two that migrate at once in one cluster may both find no role.
_ROLE = """
DO $$ BEGIN
    CREATE ROLE {role} NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT {role} TO CURRENT_USER;
"""
_GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
REVOKE UPDATE, DELETE, TRUNCATE ON {append_only} FROM {role};
REVOKE DELETE, TRUNCATE ON audit_auditstream FROM {role};
"""
_EXISTS = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)"


def grant(role: str) -> None:
    """Give the role its rights, as the owner of the tables; where it can't be made, say what that means."""
    with connection.cursor() as cursor:
        cursor.execute(_EXISTS, [role])
        if not cursor.fetchone()[0] and not _made(role):
            logger.warning(
                "The role %s can't be created by this database login, so that only triggers protect the audit log. "
                "Create it, grant it to the login, and migrate again.",
                role,
            )
            return
        append_only = sql.SQL(", ").join(map(sql.Identifier, APPEND_ONLY))
        cursor.execute(sql.SQL(_GRANTS).format(role=sql.Identifier(role), append_only=append_only))


def _made(role: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.SQL(_ROLE).format(role=sql.Identifier(role)))
    except DatabaseError:
        return False
    return True
