"""What is wrong with the record, or with what proves it, is told at once to whoever looks."""

import sys
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.api import health
from coordination.audit.models import AuditCheck
from coordination.audit.selectors import alarms
from coordination.audit.services import Entry, add_anchor, append, recheck
from coordination.shared.clock import now
from tests.factories import make_member, make_organization
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme() -> Organization:
    organization = make_organization()
    with transaction.atomic():
        append(organization.id, "notes", SYSTEM, [Entry("Noted")])
    return organization


def codes(organization: Organization) -> set[str]:
    return {alarm.code for alarm in alarms(organization)} - {"audit-grant-missing"}


def test_a_log_that_is_sealed_anchored_and_whole_raises_no_alarm(acme: Organization, tmp_path: Any) -> None:
    seal_all()
    add_anchor(acme, "file", "main", SYSTEM)
    recheck(acme)
    assert codes(acme) == set()


def test_records_that_wait_for_more_than_a_minute_are_an_alarm(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "audit-seal-late" not in codes(acme)
    later = now() + timedelta(seconds=61)
    monkeypatch.setattr(sys.modules["coordination.audit.selectors.alarms"], "now", lambda: later)
    assert "audit-seal-late" in codes(acme)


@pytest.mark.parametrize("table", ["audit_auditevent", "audit_auditcheckpoint", "audit_auditcheck"])
def test_a_trigger_that_was_turned_off_is_an_alarm(acme: Organization, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        try:
            assert "audit-trigger-missing" in codes(acme)
        finally:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    assert "audit-trigger-missing" not in codes(acme)


def test_a_login_that_may_change_records_is_said(acme: Organization) -> None:
    # The tests' own login owns the tables.
    assert "audit-grant-missing" in {alarm.code for alarm in alarms(acme)}
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE coordination_app")
        try:
            assert "audit-grant-missing" not in {alarm.code for alarm in alarms(acme)}
        finally:
            cursor.execute("RESET ROLE")


def test_a_record_that_was_changed_is_found_by_the_next_check_and_stays_an_alarm(acme: Organization) -> None:
    seal_all()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE audit_auditevent SET body = replace(body, 'Noted', 'Noned')")
        cursor.execute("SET session_replication_role = origin")
    assert recheck(acme).problem
    [alarm] = [alarm for alarm in alarms(acme) if alarm.code == "audit-proof-broken"]
    assert alarm.is_grave


def test_a_check_that_does_not_come_any_more_is_an_alarm(acme: Organization) -> None:
    then = now() - timedelta(days=3)
    AuditCheck.objects.create(organization=acme, started_at=then, finished_at=then, records=1)
    assert "audit-unchecked" in codes(acme)


def test_the_overview_tells_whoever_may_read_the_log(acme: Organization) -> None:
    AuditCheck.objects.create(
        organization=acme, started_at=now(), finished_at=now(), records=1, problem="Record 1 was changed."
    )
    assert "not as it was written" in overview(acme, "manager")
    assert "not as it was written" not in overview(acme, "reviewer")


def overview(organization: Organization, role: str) -> str:
    client = Client()
    client.force_login(make_member(organization, role, [role]).user)
    return client.get("/").content.decode()


def test_whoever_watches_the_installation_counts_alarms(acme: Organization) -> None:
    health.forget()
    said = Client().get("/metrics").content.decode()
    assert 'coordination_audit_alarms{code="audit-anchor-missing"} 1' in said
    assert 'coordination_audit_alarms{code="audit-proof-broken"} 0' in said
