"""What a record was found by goes with the record, and what remains is found as before."""

import sys
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from coordination.accounts.models import Organization
from coordination.audit.models import AuditBatch
from coordination.audit.selectors import Wanted, found
from coordination.audit.services import Entry, append, drop_old_of
from coordination.shared.clock import now
from coordination.shared.ids import new_id_at
from tests.factories import make_organization
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Organization:
    """Return an organization with one batch of four years ago, of which a part is kept for five."""
    organization = make_organization()
    then, module = now() - timedelta(days=4 * 365), sys.modules["coordination.audit.services.append"]
    ids = iter(range(100))
    with monkeypatch.context() as patched, transaction.atomic():
        patched.setattr(module, "now", lambda: then)
        patched.setattr(module, "new_id", lambda: new_id_at(int(then.timestamp() + next(ids)) * 1_000_000_000))
        append(
            organization.pk,
            "run:1",
            "user:ada",
            [
                Entry("StepSucceeded", {"agent": "writer", "said": "Mallory lives in Oslo"}, "run:1/step:a"),
                Entry(
                    "ApprovalDecided", {"verdict": "approve", "why": 'Ärger in "OSLO"', "agent": "reader"}, "approval:7"
                ),
            ],
        )
    seal_all()
    return organization


def kinds(organization: Organization, wanted: Wanted) -> list[str]:
    return [row.event.kind for row in found(organization, wanted).rows]


def test_words_of_a_record_that_was_dropped_are_gone_from_its_batch(acme: Organization) -> None:
    assert "mallory" in AuditBatch.objects.get().terms
    drop_old_of(acme)
    assert not [
        term for term in ("mallory", "lives", "writer", "step:a") if term in AuditBatch.objects.earliest("id").terms
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(text="oslo ärger"),
        Wanted(decision="approve", agent="reader"),
        Wanted(kind="ApprovalDecided", actor="user:ada", object="approval:7", stream="run:1"),
    ],
)
def test_what_remains_of_a_batch_is_found_as_before(acme: Organization, wanted: Wanted) -> None:
    drop_old_of(acme)
    assert kinds(acme, wanted) == ["ApprovalDecided"]


def test_of_a_batch_without_records_nothing_is_left(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    later = now() + timedelta(days=3 * 365)
    monkeypatch.setattr(sys.modules["coordination.audit.services.retaining"], "now", lambda: later)
    drop_old_of(acme)
    assert AuditBatch.objects.earliest("id").terms == ""


@pytest.mark.parametrize(
    ("change", "dropping"),
    [
        ("terms = ''::tsvector", "off"),
        ("terms = 'new'::tsvector", "on"),
        ("first_seq = 7", "on"),
        ("leaves = set_byte(leaves, 0, 0)", "on"),
    ],
)
def test_a_batch_cannot_be_changed_otherwise(acme: Organization, change: str, dropping: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('coordination.dropping', %s, true)", [dropping])
        with pytest.raises(DatabaseError, match="append-only"):
            cursor.execute(f"UPDATE audit_auditbatch SET {change}")
        transaction.set_rollback(True)
