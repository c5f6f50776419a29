"""What the database itself does for the record: whether it still does."""

from collections.abc import Iterator

from django.db import connection

from coordination.audit.granting import APPEND_ONLY

_STREAMS = "audit_auditstream"
_ENABLED = """
    SELECT c.relname, t.tgtype FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE p.proname IN ('audit_refuse', 'audit_refuse_delete') AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
        AND c.relname = ANY(%s)
"""
# As PostgreSQL counts what a trigger answers to.
_BITS = {"DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


def missing_triggers() -> Iterator[str]:
    """Yield what a trigger should refuse and none does, as a sentence."""
    tables = [*APPEND_ONLY, _STREAMS]
    answered: dict[str, int] = dict.fromkeys(tables, 0)
    with connection.cursor() as cursor:
        cursor.execute(_ENABLED, [tables])
        for table, kinds in cursor.fetchall():
            answered[table] |= kinds
    for table, kinds in answered.items():
        for what, bit in _BITS.items():
            if not kinds & bit:
                yield f"No trigger refuses {what} of {table}: migrate again, and ask who removed it"
