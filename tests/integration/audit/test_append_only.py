"""PostgreSQL itself refuses to change the record."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from coordination.audit.models import AuditEvent, AuditStream
from coordination.audit.services import Entry, append, verify
from tests.factories import make_organization

# Committed first: PostgreSQL has reasons of its own to refuse TRUNCATE inside the inserting transaction.
pytestmark = pytest.mark.django_db(transaction=True)


def sql(statement: str) -> Callable[[], None]:
    def execute() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return execute


@pytest.mark.parametrize(
    "act",
    [
        lambda: AuditEvent.objects.update(kind="Other"),
        lambda: AuditEvent.objects.all().delete(),
        lambda: AuditStream.objects.all().delete(),
        lambda: AuditStream.objects.update(length=1),
        lambda: AuditStream.objects.update(name="run:2"),
        sql("UPDATE audit_auditevent SET body = body"),
        sql("DELETE FROM audit_auditevent"),
        sql("TRUNCATE audit_auditevent"),
        sql("TRUNCATE audit_auditstream"),
        sql("TRUNCATE accounts_organization CASCADE"),
    ],
)
def test_history_cannot_be_changed(act: Callable[[], object]) -> None:
    with transaction.atomic():
        append(make_organization().id, "run:1", "user:manager", [Entry("RunStarted"), Entry("RunSucceeded")])
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act()
    report = verify()
    assert (report.checked, report.first_bad) == (2, None)
