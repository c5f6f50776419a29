"""Serving processes work in a role that can add to the record and do nothing else to it."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from coordination.audit.granting import APPEND_ONLY
from coordination.audit.models import AuditEvent
from coordination.audit.services import Entry, append
from tests.factories import make_organization
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def as_application() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {settings.DATABASE_ROLE}")
        # Without triggers too: rights alone must do.
        yield
        cursor.execute("RESET ROLE")


def test_the_application_writes_and_seals(as_application: None) -> None:
    acme = make_organization()
    with transaction.atomic():
        append(acme.id, "run:1", "user:manager", [Entry("RunStarted")])
    assert seal_all() == 1


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("act", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_application_has_no_right_to_change_what_is_append_only(as_application: None, table: str, act: str) -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"):
        cursor.execute(act.format(table))


@pytest.mark.parametrize("act", ["ALTER TABLE audit_auditevent DISABLE TRIGGER ALL", "DROP TABLE audit_auditevent"])
def test_the_application_cannot_take_the_protection_off(as_application: None, act: str) -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="must be owner"):
        cursor.execute(act)


def test_a_process_takes_the_role_by_itself(process_environment: dict[str, str]) -> None:
    acme = make_organization()
    with transaction.atomic():
        append(acme.id, "run:1", "user:manager", [Entry("RunStarted")])
    script = (
        "import django; django.setup()\n"
        "from coordination.audit.models import AuditEvent\n"
        "print(AuditEvent.objects.count()); AuditEvent.objects.update(kind='Other')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=process_environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "1\n"
    assert "permission denied for table audit_auditevent" in done.stderr
    assert AuditEvent.objects.get().kind == "RunStarted"
