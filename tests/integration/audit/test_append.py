"""What we write down: in the transaction of its effect, in order, whole, without secrets."""

import hashlib
import json
import threading
from typing import Any

import pytest
from django.db import close_old_connections, connection, transaction
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import Actor
from coordination.audit import selectors
from coordination.audit.errors import OutsideTransaction
from coordination.audit.models import AuditEvent, AuditStream
from coordination.audit.services import Entry, append, verify
from coordination.engine.proof.chain import leaf_hash
from tests.factories import make_organization

MANAGER = Actor("user", "manager", 1)


@pytest.mark.django_db
def test_records_are_chained_and_the_head_names_the_last() -> None:
    organization = make_organization()
    append(organization.id, "run:1", MANAGER, [Entry("RunStarted")])
    append(organization.id, "run:1", "system:coordination", [Entry("StepReady"), Entry("StepClaimed")])
    written = list(selectors.history(organization, "run:1"))
    assert [event.kind for event in written] == ["RunStarted", "StepReady", "StepClaimed"]
    assert [event.stream_no for event in written] == [1, 2, 3]
    assert [event.prev_hash for event in written] == ["", written[0].hash, written[1].hash]
    head = AuditStream.objects.get(name="run:1")
    assert (head.length, head.head_hash) == (3, written[2].hash)


@pytest.mark.django_db
def test_body_holds_all_that_matters_and_is_what_was_hashed() -> None:
    organization = make_organization()
    entry = Entry("PolicyDecided", {"outcome": "deny", "score": 0.5}, object="step:send")
    append(organization.id, "run:1", MANAGER, [entry], on_behalf_of="user:customer")
    event = AuditEvent.objects.get()
    assert event.hash == leaf_hash(event.body)
    assert event.content == {
        "v": 1,
        "id": str(event.id),
        "organization": str(organization.id),
        "stream": "run:1",
        "stream_no": 1,
        "prev_hash": "",
        "kind": "PolicyDecided",
        "actor": "user:manager",
        "on_behalf_of": "user:customer",
        "object": "step:send",
        "occurred_at": event.occurred_at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "data": {"outcome": "deny", "score": 0.5},
    }
    assert (event.data, event.on_behalf_of) == ({"outcome": "deny", "score": 0.5}, "user:customer")


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 500])
def test_any_number_of_entries_costs_the_same_statements(count: int) -> None:
    organization = make_organization()
    with CaptureQueriesContext(connection) as queries:
        append(organization.id, "run:1", MANAGER, [Entry("StepReady", {"n": n}) for n in range(count)])
    assert len(queries) == 4
    assert verify(organization).checked == count


@pytest.mark.django_db
def test_nothing_to_write_writes_nothing() -> None:
    append(make_organization().id, "run:1", MANAGER, [])
    assert not AuditStream.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_written() -> None:
    with pytest.raises(OutsideTransaction):
        append(make_organization().id, "run:1", MANAGER, [Entry("RunStarted")])
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_gap() -> None:
    organization = make_organization()
    with transaction.atomic():
        append(organization.id, "run:1", MANAGER, [Entry("RunStarted")])
        transaction.set_rollback(True)
    with transaction.atomic():
        append(organization.id, "run:1", MANAGER, [Entry("RunStarted")])
    assert AuditEvent.objects.get().stream_no == 1


@pytest.mark.django_db
def test_organizations_have_streams_of_the_same_name() -> None:
    for slug in ("acme", "globex"):
        append(make_organization(slug).id, "policies", MANAGER, [Entry("PolicyPublished", {"by": slug})])
    assert [event.stream_no for event in AuditEvent.objects.all()] == [1, 1]
    assert [event.data for event in selectors.events(make_organization("globex"))] == [{"by": "globex"}]


@pytest.mark.django_db(transaction=True)
def test_writers_side_by_side_leave_one_chain() -> None:
    organization = make_organization()

    def write() -> None:
        try:
            for _ in range(20):
                with transaction.atomic():
                    append(organization.id, "run:1", MANAGER, [Entry("StepReady"), Entry("StepClaimed")])
        finally:
            connection.close()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    close_old_connections()
    report = verify()
    assert (report.checked, report.first_bad) == (160, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"api_key": "sk-1", "user": {"Password": "x"}}, {"api_key": "(withheld)", "user": {"Password": "(withheld)"}}),
        ({"access-token": "t", "input_tokens": 12}, {"access-token": "(withheld)", "input_tokens": 12}),
        ({"headers": [{"accessToken": "t"}]}, {"headers": [{"accessToken": "(withheld)"}]}),
        ({"token": ""}, {"token": ""}),
        ({"id": 2**60, "nan": float("nan")}, {"id": str(2**60), "nan": "nan"}),
        ({"text": "half \ud83d"}, {"text": "half ?"}),
        ({"zero": "a\x00b"}, {"zero": "a\x00b"}),
        (
            {"text": "ä" * 9000},
            {"text": {"sha256": hashlib.sha256(("ä" * 9000).encode()).hexdigest(), "bytes": 18000}},
        ),
        ({"text": "a" * 16384}, {"text": "a" * 16384}),
    ],
)
def test_data_is_bounded_and_without_secrets(data: dict[str, Any], kept: dict[str, Any]) -> None:
    append(make_organization().id, "run:1", MANAGER, [Entry("StepSucceeded", data)])
    assert AuditEvent.objects.get().data == kept


@pytest.mark.django_db
def test_too_much_data_is_replaced_by_its_digest() -> None:
    data: dict[str, Any] = {"rows": ["x" * 1000] * 300}
    append(make_organization().id, "run:1", MANAGER, [Entry("StepSucceeded", data)])
    text = json.dumps(data, separators=(",", ":")).encode()
    assert AuditEvent.objects.get().data == {"sha256": hashlib.sha256(text).hexdigest(), "bytes": len(text)}


@pytest.mark.django_db
def test_endless_nesting_is_cut() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    append(make_organization().id, "run:1", MANAGER, [Entry("StepSucceeded", {"deep": deep})])
    assert "nested deeper than 64 levels" in AuditEvent.objects.get().body
    assert verify().first_bad is None


@pytest.mark.django_db
def test_what_is_not_json_is_a_mistake() -> None:
    data: Any = {"x": {1}}
    with pytest.raises(TypeError, match="not set"):
        append(make_organization().id, "run:1", MANAGER, [Entry("StepSucceeded", data)])
