"""Checkpoints and proofs in the browser."""

from typing import Any

import pytest
from django.db import connection, transaction

from coordination.audit.models import AuditCheck, AuditCheckpoint, AuditEvent
from coordination.audit.services import Entry, append
from tests.integration.web.conftest import House
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sealed(house: House) -> House:
    """Return a house whose log was sealed three times."""
    seal_all()
    for number in range(2):
        write(house, Entry("Something", {"number": number}))
        seal_all()
    return house


def write(house: House, entry: Entry) -> None:
    with transaction.atomic():
        append(house.organization.pk, "things", "user:ada", [entry])


def change(event: AuditEvent) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_auditevent SET body = replace(body, '1}', '2}') WHERE id = %s", [event.pk])


def page(house: House, path: str, **query: Any) -> str:
    answer = house.enter("auditor", "auditor").get(f"/audit/{path}", query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_sealed_record_shows_its_proof_drawn_and_as_a_table(sealed: House) -> None:
    event = AuditEvent.objects.get(kind="Something", stream_no=1)
    shown = page(sealed, f"{event.pk}/")
    assert "Sealed in checkpoint 2" in shown
    assert "Verified just now" in shown
    assert 'class="ladder"' in shown
    newest = AuditCheckpoint.objects.get(organization=sealed.organization, number=3)
    assert shown.count(bytes(newest.root).hex()) == 1
    assert f'href="/api/v1/audit/{event.pk}/proof/"' in shown


def test_a_record_that_was_changed_after_it_was_sealed_shows_a_broken_proof(sealed: House) -> None:
    event = AuditEvent.objects.get(kind="Something", stream_no=2)
    change(event)
    shown = page(sealed, f"{event.pk}/")
    assert "Proof broken" in shown
    assert "Verified just now" not in shown
    assert "is not as it was written" in page(sealed, f"{event.pk}/", check="")


def test_the_list_says_how_far_the_log_is_sealed(sealed: House) -> None:
    write(sealed, Entry("Newest"))
    shown = page(sealed, "")
    assert "in checkpoint 3" in shown
    assert "1 record waits to be sealed" in shown
    assert "All of it was not verified yet" in shown


def test_checkpoints_are_listed_with_the_keys_that_sign_them(sealed: House) -> None:
    shown = page(sealed, "checkpoints/")
    assert [f'id="checkpoint-{number}"' in shown for number in (1, 2, 3)] == [True] * 3
    assert "coordination/audit/acme+" in shown
    assert "Signs now" in shown


def test_many_checkpoints_are_paged(sealed: House) -> None:
    for number in range(26):
        write(sealed, Entry("Something", {"number": number}))
        seal_all()
    first = page(sealed, "checkpoints/")
    assert ('id="checkpoint-29"' in first, 'id="checkpoint-4"' in first) == (True, False)
    assert 'href="?below=5"' in first
    second = page(sealed, "checkpoints/", below=5)
    assert ('id="checkpoint-4"' in second, 'id="checkpoint-5"' in second) == (True, False)
    assert 'rel="prev"' in second


def test_two_checkpoints_are_compared(sealed: House) -> None:
    shown = page(sealed, "checkpoints/", **{"from": "1", "to": "3"})
    assert "Goes on from it" in shown
    assert "2 came after them" in shown
    assert "Goes on from it" in page(sealed, "checkpoints/", **{"from": "0", "to": "3"})


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("x", "2", "numbers of two checkpoints"),
        ("1", "", "numbers of two checkpoints"),
        ("1", "99", "no checkpoint 99"),
        ("3", "1", "name the earlier one first"),
    ],
)
def test_numbers_that_cannot_be_compared_are_told(sealed: House, first: str, second: str, said: str) -> None:
    shown = page(sealed, "checkpoints/", **{"from": first, "to": second})
    assert said in shown
    assert f'value="{first}"' in shown


def test_a_log_that_was_cut_and_signed_anew_does_not_go_on(sealed: House) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_auditbatch SET leaves = set_byte(leaves, 0, 1 + get_byte(leaves, 0) % 255)")
    shown = page(sealed, "checkpoints/", **{"from": "1", "to": "3"})
    assert "Does not go on" in shown


def test_a_checkpoint_shows_its_note_and_that_its_signature_holds(sealed: House) -> None:
    note = AuditCheckpoint.objects.get(organization=sealed.organization, number=2).note
    shown = page(sealed, "checkpoints/2/")
    assert note.splitlines()[2] in shown
    assert "Verified just now" in shown
    assert 'href="/audit/checkpoints/1/"' in shown
    assert 'href="/audit/checkpoints/3/"' in shown
    records = page(sealed, "", before=AuditCheckpoint.objects.get(organization=sealed.organization, number=2).size)
    assert records.index("Something") < records.index("checkpoint 1")


def test_a_checkpoint_whose_note_was_changed_does_not_hold(sealed: House) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_auditcheckpoint SET note = replace(note, E'\n' || size, E'\n1') WHERE number = 2")
    shown = page(sealed, "checkpoints/2/")
    assert "Does not hold" in shown
    assert "Verified just now" not in shown


def test_everything_is_verified_on_demand_and_the_page_says_when(sealed: House) -> None:
    client = sealed.enter("auditor", "auditor")
    shown = client.post("/audit/verify/", follow=True).content.decode()
    assert "are as they were written" in shown
    assert "All verified" in shown
    change(AuditEvent.objects.get(kind="Something", stream_no=2))
    shown = client.post("/audit/verify/", follow=True).content.decode()
    assert "Found changed" in shown
    assert "record 2" in shown
    assert AuditCheck.objects.count() == 2


def test_another_organizations_checkpoint_is_not_found(sealed: House, other: House) -> None:
    assert other.enter("stranger", "auditor").get("/audit/checkpoints/3/").status_code == 404


def test_a_log_without_a_checkpoint_has_a_page(house: House) -> None:
    shown = page(house, "checkpoints/")
    assert "No checkpoint yet" in shown
    assert "Nothing is sealed yet" in page(house, "")
