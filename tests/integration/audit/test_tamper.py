"""A superuser who goes around the triggers is found out, and the record is named."""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.audit.models import AuditBatch, AuditEvent, AuditKey
from coordination.audit.services import Entry, append, keys, verify
from coordination.engine.proof.findings import Finding
from coordination.engine.proof.merkle import Frontier, leaf_hash
from coordination.engine.proof.note import Checkpoint, sign
from tests.factories import make_organization
from tests.integration.audit.tampering import as_superuser
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)

ONE = "stream = 'run:2' AND stream_no = 3"


@pytest.fixture(autouse=True)
def key_file(settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "ledger_key"


@pytest.fixture
def acme() -> Organization:
    """Return an organization with three sealed runs of five records, and a fourth that is not sealed."""
    organization = make_organization()
    for run in range(1, 4):
        write(organization, f"run:{run}", 5)
        seal_all()
    write(organization, "run:4", 5)
    return organization


def write(organization: Organization, stream: str, count: int) -> None:
    with transaction.atomic():
        append(organization.id, stream, "user:manager", [Entry("StepReady", {"n": n}) for n in range(count)])


def found() -> list[Finding]:
    return list(verify().findings)


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        (f"UPDATE audit_auditevent SET kind = 'Other' WHERE {ONE}", 3),
        (f"UPDATE audit_auditevent SET actor = 'user:mallory' WHERE {ONE}", 3),
        (f"UPDATE audit_auditevent SET object = 'x' WHERE {ONE}", 3),
        (f"UPDATE audit_auditevent SET occurred_at = occurred_at - interval '1 microsecond' WHERE {ONE}", 3),
        (f"UPDATE audit_auditevent SET id = gen_random_uuid() WHERE {ONE}", 3),
        (f"UPDATE audit_auditevent SET body = 'x' WHERE {ONE}", 3),
        (f"UPDATE audit_auditevent SET body = replace(body, 'manager', 'mallory') WHERE {ONE}", 3),
        (f"UPDATE audit_auditevent SET stream_no = 9 WHERE {ONE}", 3),
        (f"DELETE FROM audit_auditevent WHERE {ONE}", 3),
        ("DELETE FROM audit_auditevent WHERE stream = 'run:2' AND stream_no > 3", 4),
        ("DELETE FROM audit_auditevent WHERE stream = 'run:2'", 1),
        ("DELETE FROM audit_auditstream WHERE name = 'run:2'", 5),
        ("UPDATE audit_auditstream SET length = 4 WHERE name = 'run:2'", 5),
        ("UPDATE audit_auditstream SET length = 6 WHERE name = 'run:2'", 6),
        ("UPDATE audit_auditstream SET head_hash = '' WHERE name = 'run:2'", 5),
        (
            "UPDATE audit_auditevent SET stream_no = CASE stream_no WHEN 2 THEN 12 ELSE 2 END"
            " WHERE stream = 'run:2' AND stream_no IN (2, 3)",
            2,
        ),
        # In the tail, which only the links between records protect.
        ("UPDATE audit_auditevent SET body = 'x' WHERE stream = 'run:4' AND stream_no = 5", 5),
        ("DELETE FROM audit_auditevent WHERE stream = 'run:4' AND stream_no = 2", 2),
    ],
)
def test_every_tampering_with_records_is_found_and_named(acme: Organization, statement: str, number: int) -> None:
    as_superuser(statement)
    named = {(finding.stream, finding.stream_no) for finding in found()}
    stream = "run:4" if "run:4" in statement else "run:2"
    assert (stream, number) in named
    assert {name for name, _ in named} <= {stream, ""}


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "UPDATE audit_auditcheckpoint SET root = '\\x00', note = replace(note, '10', '11') WHERE number = 2",
            "checkpoint 2",
        ),
        ("DELETE FROM audit_auditcheckpoint WHERE number = 2", "checkpoint 2: was removed"),
        ("DELETE FROM audit_auditcheckpoint WHERE number = 3", "in the tree, but under no checkpoint"),
        ("UPDATE audit_auditbatch SET leaves = sha256('x') || substr(leaves, 33) WHERE first_seq = 5", "checkpoint 2"),
        ("DELETE FROM audit_auditbatch WHERE first_seq = 5", "record at place 5: was removed from the tree"),
        (
            "UPDATE audit_auditbatch SET first_seq = 6 WHERE first_seq = 5",
            "record at place 5: was removed from the tree",
        ),
        ("UPDATE audit_auditbatch SET events = array_append(events[2:], events[1]) WHERE first_seq = 5", "was sealed"),
        ("DELETE FROM audit_auditkey", "checkpoint 1: was signed by none of the known keys"),
        (
            "INSERT INTO audit_auditnode (organization_id, level, index, hash)"
            " SELECT organization_id, 8, 0, sha256('x') FROM audit_auditcheckpoint LIMIT 1",
            "a subtree above it that was added",
        ),
    ],
)
def test_every_tampering_with_the_tree_is_found(acme: Organization, statement: str, problem: str) -> None:
    as_superuser(statement)
    assert any(problem in str(finding) for finding in found()), found()


def test_a_changed_subtree_is_found(acme: Organization) -> None:
    write(acme, "run:5", 300)
    seal_all()
    assert found() == []
    as_superuser("UPDATE audit_auditnode SET hash = sha256('x') WHERE level = 8 AND index = 0")
    assert ["place 0: the tree has a subtree" in str(finding) for finding in found()] == [True]


def test_a_stream_removed_with_its_head_is_named_by_its_places(acme: Organization) -> None:
    gone = list(selectors.history(acme, "run:2").values_list("id", flat=True))
    as_superuser("DELETE FROM audit_auditevent WHERE stream = 'run:2'")
    as_superuser("DELETE FROM audit_auditstream WHERE name = 'run:2'")
    assert {(finding.seq, finding.id) for finding in found()} == {(5 + n, str(one)) for n, one in enumerate(gone)}


def test_a_record_slipped_in_behind_the_sealer_is_found(acme: Organization) -> None:
    """Links and heads can be made to fit; the place in time can't."""
    seal_all()
    write(acme, "run:9", 1)
    as_superuser("UPDATE audit_auditevent SET written_in = 1 WHERE stream = 'run:9'")
    (finding,) = found()
    assert (finding.stream, "added afterwards" in finding.problem) == ("run:9", True)


def test_a_record_rewritten_with_all_that_links_to_it_is_found_by_the_tree(acme: Organization) -> None:
    last = selectors.history(acme, "run:2").get(stream_no=5)
    body = last.body.replace("user:manager", "user:mallory")
    forged = leaf_hash(body.encode())
    as_superuser("UPDATE audit_auditevent SET body = %s, actor = 'user:mallory' WHERE id = %s", body, last.id)
    as_superuser("UPDATE audit_auditstream SET head_hash = %s WHERE name = 'run:2'", forged.hex())
    assert "does not have the hash that was sealed" in str(found()[0])
    as_superuser("UPDATE audit_auditbatch SET leaves = substr(leaves, 1, 128) || %s WHERE first_seq = 5", forged)
    first, *_ = found()
    assert (first.checkpoint, "one at the places 5 to 9 is not what it was" in first.problem) == (2, True)


@given(st.data())
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_changed_letter_of_any_body_is_found_and_its_record_named(acme: Organization, data: st.DataObject) -> None:
    events = list(AuditEvent.objects.order_by("id"))
    event = data.draw(st.sampled_from(events))
    at = data.draw(st.integers(0, len(event.body) - 1))
    letter = data.draw(st.sampled_from('x0{}"é,').filter(lambda other: other != event.body[at]))
    as_superuser(
        "UPDATE audit_auditevent SET body = %s WHERE id = %s", event.body[:at] + letter + event.body[at + 1 :], event.id
    )
    try:
        assert str(event.id) in {finding.id for finding in found()} or any(
            (finding.stream, finding.stream_no) == (event.stream, event.stream_no) for finding in found()
        )
    finally:
        as_superuser("UPDATE audit_auditevent SET body = %s WHERE id = %s", event.body, event.id)


def kept(organization: Organization) -> str:
    """Return the newest checkpoint as somebody outside would keep it."""
    newest = selectors.checkpoints(organization).first()
    assert newest
    return newest.note


def test_a_log_rolled_back_to_an_old_snapshot_is_found_by_a_checkpoint_kept_elsewhere(acme: Organization) -> None:
    outside = kept(acme)
    assert verify(against=[outside]).findings == ()
    as_superuser("DELETE FROM audit_auditbatch WHERE first_seq >= 10")
    as_superuser("DELETE FROM audit_auditcheckpoint WHERE number = 3")
    as_superuser("DELETE FROM audit_auditevent WHERE stream IN ('run:3', 'run:4')")
    as_superuser("DELETE FROM audit_auditstream WHERE name IN ('run:3', 'run:4')")
    assert verify().findings == (), "by itself it is a whole log"
    assert "covers 15 records, of which only 10 are left" in str(verify(against=[outside]).first_bad)


def test_a_log_written_anew_with_the_key_is_found_by_a_checkpoint_kept_elsewhere(acme: Organization) -> None:
    """Whoever has the key and the database can write another story; not one that agrees with what others kept."""
    outside = kept(acme)
    rewrite_everything(acme)
    assert verify().findings == (), "by itself it is a whole log"
    first_bad = verify(against=[outside]).first_bad
    assert "The checkpoint of 15 records that was kept elsewhere is not of the records that are here" in str(first_bad)


def test_a_log_signed_anew_with_another_key_is_found_by_whoever_pins_the_key(acme: Organization) -> None:
    pinned = keys.verifiers(acme)[0].public
    assert verify(pinned=[pinned]).findings == ()
    other = keys.Ed25519PrivateKey.generate()
    as_superuser("UPDATE audit_auditkey SET public_key = %s", other.public_key().public_bytes_raw())
    rewrite_everything(acme, other)
    assert AuditKey.objects.count() == 1
    assert verify().findings == (), "by itself it is a whole log"
    assert "none of the known keys" in str(verify(pinned=[pinned]).first_bad)


def rewrite_everything(organization: Organization, key: Any = None) -> None:
    """Change a record, and then everything that would tell: links, heads, leaves and signed checkpoints."""
    as_superuser("UPDATE audit_auditevent SET body = replace(body, 'manager', 'mallory'), actor = 'user:mallory'")
    for stream in ("run:1", "run:2", "run:3", "run:4"):
        before = ""
        for event in selectors.history(organization, stream):
            body = event.body.replace(f'"prev_hash":"{event.prev_hash}"', f'"prev_hash":"{before}"')
            as_superuser("UPDATE audit_auditevent SET body = %s WHERE id = %s", body, event.id)
            before = leaf_hash(body.encode()).hex()
        as_superuser("UPDATE audit_auditstream SET head_hash = %s WHERE name = %s", before, stream)
    frontier, origin = Frontier(), keys.origin_of(organization)
    bodies = dict(AuditEvent.objects.values_list("id", "body"))
    for batch in AuditBatch.objects.filter(organization=organization).order_by("first_seq"):
        leaves = [leaf_hash(bodies[event].encode()) for event in batch.events]
        frontier = frontier.extended(leaves)
        note = sign(Checkpoint(origin, frontier.size, frontier.root()), origin, key or keys.signing_key())
        as_superuser("UPDATE audit_auditbatch SET leaves = %s WHERE id = %s", b"".join(leaves), batch.pk)
        as_superuser(
            "UPDATE audit_auditcheckpoint SET note = %s, root = %s, peaks = %s WHERE id = %s",
            note,
            frontier.root(),
            b"".join(frontier.peaks),
            batch.checkpoint_id,
        )


@pytest.mark.parametrize("change", ["size = 9", "root = sha256('x')", "peaks = sha256('x')", "peaks = ''"])
def test_what_a_checkpoints_row_says_beside_its_note_is_compared_too(acme: Organization, change: str) -> None:
    as_superuser(f"UPDATE audit_auditcheckpoint SET {change} WHERE number = 2")
    assert str(verify().first_bad) == "checkpoint 2: was changed: its columns differ from its note"
