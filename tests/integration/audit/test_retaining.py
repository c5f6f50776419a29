"""Records whose time is over lose their bodies and nothing else; what a hold keeps stays."""

import sys
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.audit.errors import HoldInvalid, HoldLifted, RetentionTooShort
from coordination.audit.models import AuditBatch, AuditEvent, AuditHold
from coordination.audit.selectors.proofs import inclusion
from coordination.audit.services import (
    Entry,
    append,
    drop_old,
    drop_old_of,
    lift_hold,
    place_hold,
    set_retention,
    verify,
)
from coordination.engine.proof.merkle import verify_inclusion
from coordination.shared.clock import now
from coordination.shared.ids import new_id_at
from tests.factories import make_organization
from tests.sealing import seal_all

YEAR = 365
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme() -> Organization:
    return make_organization()


class Calendar:
    """Let records be written on another day: their times and their ids are of that day."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def write(self, organization: Organization, days_ago: int, stream: str, *kinds: str) -> None:
        then, module = now() - timedelta(days=days_ago), sys.modules["coordination.audit.services.append"]
        n = iter(range(1_000))

        def moment() -> datetime:
            return then

        def identifier() -> UUID:
            return new_id_at(int(then.timestamp()) * 1_000_000_000 + next(n) * 1_000_000)

        with self._monkeypatch.context() as patched, transaction.atomic():
            patched.setattr(module, "now", moment)
            patched.setattr(module, "new_id", identifier)
            append(organization.id, stream, SYSTEM, [Entry(kind) for kind in kinds])
        seal_all()


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    return Calendar(monkeypatch)


def kinds(organization: Organization) -> list[str]:
    found = AuditEvent.objects.filter(organization=organization)
    return sorted(kind for kind in found.values_list("kind", flat=True) if kind != "RecordsDropped")


def test_after_three_years_bodies_go_and_later_records_stay(acme: Organization, calendar: Calendar) -> None:
    calendar.write(acme, 4 * YEAR, "run:1", "RunStarted", "StepSucceeded", "RunSucceeded")
    calendar.write(acme, 2 * YEAR, "run:2", "RunStarted")
    assert drop_old_of(acme) == 3
    assert kinds(acme) == ["RunStarted"]
    assert AuditEvent.objects.get(kind="RunStarted").stream == "run:2"


def test_what_was_dropped_is_on_record_and_the_log_is_still_proved(acme: Organization, calendar: Calendar) -> None:
    calendar.write(acme, 4 * YEAR, "run:1", "RunStarted", "ApprovalDecided", "RunSucceeded")
    calendar.write(acme, 1, "run:2", "RunStarted")
    drop_old_of(acme)
    said = AuditEvent.objects.get(kind="RecordsDropped").data
    assert (said["ranges"], said["count"]) == ([[0, 0], [2, 2]], 2)
    seal_all()
    report = verify(acme)
    assert report.findings == ()
    assert report.dropped == 2


def test_a_proof_made_before_holds_after(acme: Organization, calendar: Calendar) -> None:
    calendar.write(acme, 4 * YEAR, "run:1", *["Noted"] * 20)
    event = AuditEvent.objects.order_by("id")[7]
    place = selectors.place_of(event)
    assert place
    checkpoint, seq = place
    leaf = bytes.fromhex(event.hash)
    drop_old_of(acme)
    newest = selectors.checkpoints(acme).first()
    assert newest
    path = inclusion(acme, seq, newest.size)
    assert verify_inclusion(leaf, seq, newest.size, path, bytes(newest.root))
    assert checkpoint.size <= newest.size


def test_a_record_that_goes_without_being_dropped_is_still_found(acme: Organization, calendar: Calendar) -> None:
    calendar.write(acme, 4 * YEAR, "run:1", "RunStarted", "RunSucceeded")
    calendar.write(acme, 1, "run:2", "RunStarted")
    drop_old_of(acme)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM audit_auditevent WHERE stream = 'run:2'")
        cursor.execute("SET session_replication_role = origin")
    assert verify(acme).findings


def test_approvals_and_policies_stay_for_five_years(acme: Organization, calendar: Calendar) -> None:
    calendar.write(acme, 4 * YEAR, "run:1", "RunStarted", "ApprovalDecided")
    calendar.write(acme, 4 * YEAR, "policies", "PolicyPublished")
    drop_old_of(acme)
    assert kinds(acme) == ["ApprovalDecided", "PolicyPublished"]
    calendar.write(acme, 6 * YEAR, "run:2", "ApprovalDecided")
    drop_old_of(acme)
    assert kinds(acme) == ["ApprovalDecided", "PolicyPublished"]


def test_what_explains_the_gaps_is_never_dropped(acme: Organization, calendar: Calendar) -> None:
    calendar.write(acme, 10 * YEAR, "audit", "RecordsDropped", "PersonalDataErased")
    assert drop_old_of(acme) == 0


def test_dropping_twice_drops_once(acme: Organization, calendar: Calendar) -> None:
    calendar.write(acme, 4 * YEAR, "run:1", "RunStarted")
    assert [drop_old_of(acme), drop_old_of(acme)] == [1, 0]
    assert AuditEvent.objects.filter(kind="RecordsDropped").count() == 1


def test_each_organization_keeps_as_long_as_it_says(acme: Organization, calendar: Calendar) -> None:
    globex = make_organization("globex")
    calendar.write(acme, YEAR, "run:1", "RunStarted")
    calendar.write(globex, YEAR, "run:2", "RunStarted")
    set_retention(acme, 200, 5 * YEAR, SYSTEM)
    assert drop_old() == 1
    assert kinds(globex) == ["RunStarted"]


@pytest.mark.parametrize(("days", "long_days"), [(182, 400), (400, 182), (0, 0)])
def test_no_retention_is_shorter_than_the_floor(acme: Organization, days: int, long_days: int) -> None:
    with pytest.raises(RetentionTooShort):
        set_retention(acme, days, long_days, SYSTEM)


def test_the_database_itself_refuses_what_is_younger_than_the_floor(acme: Organization, calendar: Calendar) -> None:
    calendar.write(acme, 100, "run:1", "RunStarted")
    event = AuditEvent.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM audit_drop(%s, %s)", [acme.pk, [event.pk]])
        assert cursor.fetchall() == []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL coordination.dropping = 'on'")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute("DELETE FROM audit_auditevent WHERE id = %s", [event.pk])


def test_what_is_not_sealed_is_not_dropped(acme: Organization, calendar: Calendar) -> None:
    calendar.write(acme, 4 * YEAR, "run:1", "RunStarted")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        AuditBatch.objects.all().delete()
        cursor.execute("SET session_replication_role = origin")
    assert drop_old_of(acme) == 0


def test_a_hold_keeps_everything_one_stream_or_nothing_once_it_is_lifted(
    acme: Organization, calendar: Calendar
) -> None:
    calendar.write(acme, 4 * YEAR, "run:1", "RunStarted")
    calendar.write(acme, 4 * YEAR, "run:2", "RunStarted")
    everything = place_hold(acme, "organization", "", "audit by the regulator", SYSTEM)
    assert drop_old_of(acme) == 0
    one = place_hold(acme, "stream", "run:2", "claim 12", SYSTEM)
    lift_hold(everything, SYSTEM)
    assert drop_old_of(acme) == 1
    assert AuditEvent.objects.get(kind="RunStarted").stream == "run:2"
    lift_hold(one, SYSTEM)
    assert drop_old_of(acme) == 1


def test_a_hold_is_over_when_its_time_is(acme: Organization, calendar: Calendar) -> None:
    calendar.write(acme, 4 * YEAR, "run:1", "RunStarted")
    hold = place_hold(acme, "organization", "", "claim 12", SYSTEM, until=now() + timedelta(days=1))
    assert drop_old_of(acme) == 0
    AuditHold.objects.filter(pk=hold.pk).update(until=now() - timedelta(seconds=1))
    assert drop_old_of(acme) == 1


def test_placing_and_lifting_a_hold_are_on_record(acme: Organization) -> None:
    hold = place_hold(acme, "organization", "", "claim 12", SYSTEM)
    lift_hold(hold, SYSTEM)
    placed, lifted = AuditEvent.objects.filter(organization=acme, stream="audit").order_by("stream_no")
    assert (placed.kind, placed.data["reason"], lifted.kind) == ("HoldPlaced", "claim 12", "HoldLifted")
    with pytest.raises(HoldLifted):
        lift_hold(hold, SYSTEM)


@pytest.mark.parametrize(
    ("scope", "value", "reason"),
    [
        ("organization", "", " "),
        ("organization", "acme", "claim"),
        ("stream", "run:nowhere", "claim"),
        ("subject", "not-an-id", "claim"),
        ("subject", "01a20629-5730-73d8-a71d-ed3b64b62df7", "claim"),
        ("galaxy", "", "claim"),
    ],
)
def test_a_hold_that_would_keep_nothing_is_refused(acme: Organization, scope: str, value: str, reason: str) -> None:
    with pytest.raises(HoldInvalid):
        place_hold(acme, scope, value, reason, SYSTEM)


def test_another_organizations_holds_do_not_count(acme: Organization, calendar: Calendar) -> None:
    calendar.write(acme, 4 * YEAR, "run:1", "RunStarted")
    place_hold(make_organization("globex"), "organization", "", "claim", SYSTEM)
    assert drop_old_of(acme) == 1


def test_a_serving_process_can_drop_by_the_function_alone(acme: Organization, calendar: Calendar) -> None:
    calendar.write(acme, 4 * YEAR, "run:1", "RunStarted")
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE coordination_app")
        try:
            with pytest.raises(DatabaseError, match="permission denied"):
                cursor.execute("DELETE FROM audit_auditevent")
            assert drop_old_of(acme) == 1
        finally:
            cursor.execute("RESET ROLE")
