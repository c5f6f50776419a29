"""Committed records get their place in the tree: all of them, once, in signed checkpoints."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from coordination.accounts.models import Organization
from coordination.audit import selectors, services
from coordination.audit.errors import SigningKeyUnknown, TreeDamaged
from coordination.audit.models import AuditBatch, AuditCheckpoint, AuditEvent, AuditSealer
from coordination.audit.services import Entry, append, keys, sealing
from coordination.engine.proof.merkle import EMPTY_ROOT, Frontier, leaf_hash
from coordination.engine.proof.note import opened
from tests.factories import make_organization
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def key_file(settings: Any, tmp_path: Path) -> Path:
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "ledger_key"
    return tmp_path / "ledger_key"


def write(organization: Organization, stream: str, count: int = 1) -> None:
    with transaction.atomic():
        append(organization.id, stream, "user:manager", [Entry("StepReady", {"n": n}) for n in range(count)])


def bodies_in_order(organization: Organization) -> Iterator[bytes]:
    bodies = {event.id: event.body for event in AuditEvent.objects.filter(organization=organization)}
    for batch in AuditBatch.objects.filter(organization=organization).order_by("first_seq"):
        yield from (bodies[event].encode() for event in batch.events)


def test_a_checkpoint_is_signed_over_the_root_of_all_records() -> None:
    acme = make_organization()
    write(acme, "run:1", 3)
    assert seal_all() == 3
    write(acme, "run:2", 300)
    assert seal_all() == 300
    second, first = selectors.checkpoints(acme)
    assert (first.number, first.size, second.number, second.size) == (1, 3, 2, 303)
    leaves = [leaf_hash(body) for body in bodies_in_order(acme)]
    assert len(leaves) == 303
    for checkpoint in (first, second):
        said = opened(checkpoint.note, keys.verifiers(acme))
        assert (said.origin, said.size) == (keys.origin_of(acme), checkpoint.size)
        assert said.root == bytes(checkpoint.root) == Frontier().extended(leaves[: checkpoint.size]).root()
    assert selectors.leaves(acme, 250, 303) == leaves[250:303]


def test_organizations_grow_trees_of_their_own() -> None:
    acme, globex = make_organization("acme"), make_organization("globex")
    write(acme, "run:1", 2)
    write(globex, "run:1", 5)
    assert seal_all() == 7
    assert {one.organization_id: one.size for one in AuditCheckpoint.objects.all()} == {acme.id: 2, globex.id: 5}


def test_a_record_tells_where_it_was_sealed_or_that_it_is_not() -> None:
    acme = make_organization()
    write(acme, "run:1", 300)
    seal_all()
    write(acme, "run:1")
    seventh = selectors.history(acme, "run:1")[6]
    place = selectors.place_of(seventh)
    assert place is not None
    assert (place[0].number, selectors.leaves(acme, place[1], place[1] + 1)) == (1, [bytes.fromhex(seventh.hash)])
    last = selectors.history(acme, "run:1")[300]
    assert selectors.place_of(last) is None
    assert list(selectors.unsealed(acme)) == [last]


def test_what_is_not_committed_waits_and_what_is_committed_later_is_not_forgotten() -> None:
    acme = make_organization()
    has_written, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                append(acme.id, "run:slow", "user:manager", [Entry("RunStarted")])
                has_written.set()
                may_commit.wait(30)
        finally:
            connection.close()

    slow = threading.Thread(target=write_slowly)
    slow.start()
    assert has_written.wait(30)
    write(acme, "run:fast")
    services.seal()
    # The fast one's transaction is younger than the slow one: it waits too, so that nothing can come before it.
    assert not AuditBatch.objects.exists()
    may_commit.set()
    slow.join()
    seal_all()
    assert selectors.checkpoints(acme)[0].size == 2


def test_a_pass_that_would_be_too_large_ends_between_two_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "MOST", 5)
    acme = make_organization()
    for n_records in (3, 3, 12, 1):
        write(acme, f"run:{n_records}", n_records)
    assert seal_all() == 19
    assert [one.size for one in reversed(selectors.checkpoints(acme))] == [3, 6, 18, 19]


def test_silence_is_signed_too() -> None:
    acme = make_organization()
    assert services.prove_silence() == 1
    assert services.prove_silence() == 0
    checkpoint = AuditCheckpoint.objects.get()
    assert (checkpoint.organization, checkpoint.size, bytes(checkpoint.root)) == (acme, 0, EMPTY_ROOT)


def test_another_key_does_not_sign(key_file: Path) -> None:
    acme = make_organization()
    write(acme, "run:1")
    seal_all()
    key_file.unlink()
    write(acme, "run:1")
    with pytest.raises(SigningKeyUnknown):
        seal_all()
    assert AuditCheckpoint.objects.count() == 1


def test_the_key_is_readable_by_this_account_only(key_file: Path) -> None:
    keys.signing_key()
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_a_database_that_moved_to_another_cluster_is_sealed_on_and_nothing_twice() -> None:
    acme = make_organization()
    write(acme, "run:1", 4)
    seal_all()
    write(acme, "run:2", 2)
    with connection.cursor() as cursor:
        # Where it came from, transactions had numbers that this cluster will not reach for long.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE audit_auditevent SET written_in = written_in + 1000000000")
        cursor.execute("SET session_replication_role = origin")
    AuditSealer.objects.update(system_id="another", sealed_below=1_000_000_000)
    write(acme, "run:3", 3)
    assert seal_all() == 5
    write(acme, "run:4")
    assert seal_all() == 1
    sealed = [event for batch in AuditBatch.objects.all() for event in batch.events]
    assert len(sealed) == len(set(sealed)) == AuditEvent.objects.count() == 10


def test_nothing_is_signed_on_top_of_a_tree_that_was_changed() -> None:
    acme = make_organization()
    write(acme, "run:1", 3)
    seal_all()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE audit_auditcheckpoint SET peaks = decode(repeat('00', 64), 'hex')")
        cursor.execute("SET session_replication_role = origin")
    write(acme, "run:1")
    with pytest.raises(TreeDamaged):
        seal_all()
    assert AuditCheckpoint.objects.count() == 1


def test_sixteen_writers_and_a_sealer_that_is_killed_again_and_again_leave_no_gap(
    process_environment: dict[str, str], key_file: Path
) -> None:
    organizations = [make_organization(slug) for slug in ("acme", "globex")]
    is_over = threading.Event()

    def write_on(number: int) -> None:
        try:
            for turn in range(40):
                write(organizations[number % 2], f"run:{number % 5}" if turn % 2 else f"run:{number}-{turn}", 2)
        finally:
            connection.close()

    def kill_sealers() -> None:
        script = "import django; django.setup()\nfrom coordination.audit.services import seal\nwhile True: seal()"
        environment = {**process_environment, "LEDGER_SIGNING_KEY_FILE": str(key_file)}
        while not is_over.is_set():
            with subprocess.Popen([sys.executable, "-c", script], env=environment) as sealer:
                time.sleep(1.5)
                os.kill(sealer.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_sealers)
    writers = [threading.Thread(target=write_on, args=(number,)) for number in range(16)]
    for thread in (killer, *writers):
        thread.start()
    for writer in writers:
        writer.join()
    is_over.set()
    killer.join()
    seal_all()
    for organization in organizations:
        last = selectors.checkpoints(organization)[0]
        ids = [one for batch in AuditBatch.objects.filter(organization=organization) for one in batch.events]
        assert last.size == len(ids) == len(set(ids)) == 640
        leaves = [leaf_hash(body) for body in bodies_in_order(organization)]
        assert Frontier().extended(leaves).root() == bytes(last.root)
