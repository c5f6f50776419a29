"""Checkpoints that are kept elsewhere: told, told again until it works, and asked for when the log is checked."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core import mail
from django.db import connection, transaction

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.audit.delivering import folder_of, secret_of
from coordination.audit.errors import AnchorInvalid, AnchorKnown, NothingSealed
from coordination.audit.models import AuditAnchor, AuditEvent, WitnessedLog
from coordination.audit.services import (
    Entry,
    add_anchor,
    add_checkpoint,
    append,
    ask_anchor,
    forget_log,
    recheck,
    remove_anchor,
    tell_due,
    tell_now,
    watch_log,
    witness_of,
)
from coordination.audit.services.keys import verifiers
from coordination.engine.proof.note import signatures
from coordination.shared.clock import now
from tests.factories import make_organization
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)


class Receiver(BaseHTTPRequestHandler):
    """What is called from here; a witness answers as the product itself does."""

    received: ClassVar[list[tuple[str, bytes, dict[str, str]]]] = []
    status: ClassVar[int] = 200
    witness: ClassVar[Organization | None] = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, body, {name.lower(): value for name, value in self.headers.items()}))
        status, text = self.status, "ok"
        if self.witness is not None:
            answer = add_checkpoint(self.witness, body)
            status, text = answer.status, answer.text
            connection.close()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Receiver.received, Receiver.status, Receiver.witness = [], 200, None
    http = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    http.server_close()


@pytest.fixture(autouse=True)
def anchors_folder(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_ANCHOR_FOLDER = tmp_path / "anchors"


@pytest.fixture
def acme() -> Organization:
    organization = make_organization()
    write(organization, 3)
    return organization


def write(organization: Organization, n: int) -> None:
    append_in_transaction(organization, [Entry("Noted", {"n": one}) for one in range(n)])
    seal_all()


def append_in_transaction(organization: Organization, entries: list[Entry]) -> None:
    with transaction.atomic():
        append(organization.id, "notes", SYSTEM, entries)


def forge(organization: Organization) -> None:
    """Do what somebody with all rights in the database could: write another log, with the right key."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("auditbatch", "auditnode", "auditcheckpoint", "auditevent", "auditstream"):
            cursor.execute(f"DELETE FROM audit_{table} WHERE organization_id = %s", [organization.pk])
        cursor.execute("SET session_replication_role = origin")


def anchored_in_folder(organization: Organization) -> AuditAnchor:
    return tell_now(add_anchor(organization, "file", "main", SYSTEM))


def test_a_folder_gets_each_checkpoint_once(acme: Organization) -> None:
    anchor = anchored_in_folder(acme)
    write(acme, 2)
    tell_now(anchor)
    tell_now(anchor)
    kept = sorted(path.read_text() for path in folder_of(anchor).glob("*.note"))
    told = [one.note for one in selectors.checkpoints(acme)]
    assert len(kept) == 2
    assert set(kept) <= set(told)


def test_the_log_is_what_the_folder_was_told(acme: Organization) -> None:
    anchor = anchored_in_folder(acme)
    write(acme, 5)
    assert ask_anchor(anchor) == []
    assert recheck(acme).problem == ""


def test_a_log_that_was_written_anew_is_found_by_the_folder(acme: Organization) -> None:
    anchor = anchored_in_folder(acme)
    forge(acme)
    write(acme, 9)
    assert ask_anchor(anchor)
    assert recheck(acme).problem
    assert "audit-proof-broken" in {alarm.code for alarm in selectors.alarms(acme)}


def test_an_older_copy_of_the_log_is_found_by_the_folder(acme: Organization) -> None:
    write(acme, 4)
    anchor = anchored_in_folder(acme)
    forge(acme)
    write(acme, 2)
    assert ask_anchor(anchor)


def test_a_folder_never_takes_another_checkpoint_of_the_same_number(acme: Organization) -> None:
    anchor = anchored_in_folder(acme)
    [path] = folder_of(anchor).glob("*.note")
    path.write_text("forged")
    told = tell_now(anchor)
    assert "forged" in told.problem
    assert path.read_text() == "forged"


def test_a_folder_that_lost_a_checkpoint_is_noticed(acme: Organization) -> None:
    anchor = anchored_in_folder(acme)
    [path] = folder_of(anchor).glob("*.note")
    path.unlink()
    assert "no checkpoint" in ask_anchor(anchor)[0]


def test_a_webhook_is_signed_as_standard_webhooks_has_it(acme: Organization, server: str) -> None:
    anchor = tell_now(add_anchor(acme, "webhook", f"{server}/hook", SYSTEM))
    [(path, body, headers)] = Receiver.received
    key = base64.b64decode(secret_of(anchor).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert path == "/hook"
    note = json.loads(body)["data"]["note"]
    assert signatures(note, verifiers(acme))
    assert anchor.problem == ""


def test_an_anchor_that_fails_is_tried_again_later_and_each_time_less_often(acme: Organization, server: str) -> None:
    Receiver.status = 500
    anchor = add_anchor(acme, "webhook", server, SYSTEM)
    pauses = []
    for _ in range(3):
        AuditAnchor.objects.update(due_at=now())
        begun = now()
        assert tell_due() == 0
        anchor.refresh_from_db()
        assert anchor.due_at
        pauses.append(round((anchor.due_at - begun).total_seconds() / 60))
    assert pauses == [1, 2, 4]
    assert "500" in anchor.problem
    assert AuditEvent.objects.filter(kind="AnchorFailed").count() == 1


def test_an_anchor_that_works_again_says_so(acme: Organization, server: str) -> None:
    Receiver.status = 500
    anchor = tell_now(add_anchor(acme, "webhook", server, SYSTEM))
    Receiver.status = 204
    anchor = tell_now(anchor)
    assert (anchor.failing_since, anchor.problem, anchor.attempts) == (None, "", 0)
    assert AuditEvent.objects.filter(kind="AnchorRecovered").count() == 1


def test_an_anchor_that_fails_for_long_is_an_alarm(acme: Organization, server: str) -> None:
    Receiver.status = 500
    tell_now(add_anchor(acme, "webhook", server, SYSTEM))
    assert "audit-anchor-failing" not in codes(acme)
    AuditAnchor.objects.update(failing_since=now() - timedelta(hours=3))
    assert "audit-anchor-failing" in codes(acme)


def test_without_an_anchor_it_is_said_what_nobody_would_notice(acme: Organization) -> None:
    assert "audit-anchor-missing" in codes(acme)
    anchor = anchored_in_folder(acme)
    assert "audit-anchor-missing" not in codes(acme)
    remove_anchor(anchor, SYSTEM)
    assert "audit-anchor-missing" in codes(acme)


def test_a_person_gets_the_checkpoint_by_mail(acme: Organization) -> None:
    tell_now(add_anchor(acme, "email", "auditor@example.com", SYSTEM))
    [message] = mail.outbox
    assert message.to == ["auditor@example.com"]
    newest = selectors.checkpoints(acme).first()
    assert newest
    assert newest.note in message.body


def test_every_anchor_is_told_each_hour(acme: Organization) -> None:
    add_anchor(acme, "file", "main", SYSTEM)
    assert tell_due() == 1
    assert tell_due() == 0
    AuditAnchor.objects.update(due_at=now() - timedelta(seconds=1))
    assert tell_due() == 1


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("file", "../../etc"),
        ("file", "/etc"),
        ("file", ""),
        ("webhook", "ftp://example.com"),
        ("webhook", "http://169.254.169.254/latest"),
        ("webhook", "https://user:secret@example.com"),
        ("email", "nobody"),
        ("carrier pigeon", "home"),
    ],
)
def test_an_anchor_that_leads_nowhere_good_is_refused(acme: Organization, kind: str, address: str) -> None:
    with pytest.raises(AnchorInvalid):
        add_anchor(acme, kind, address, SYSTEM)


def test_private_addresses_are_refused_where_agents_may_not_call_them(acme: Organization, settings: Any) -> None:
    settings.AGENT_PRIVATE_ADDRESSES = False
    with pytest.raises(AnchorInvalid):
        add_anchor(acme, "webhook", "http://127.0.0.1/", SYSTEM)


def test_the_same_anchor_twice_is_refused_until_it_is_removed(acme: Organization) -> None:
    anchor = add_anchor(acme, "file", "main", SYSTEM)
    with pytest.raises(AnchorKnown):
        add_anchor(acme, "file", "main", SYSTEM)
    remove_anchor(anchor, SYSTEM)
    add_anchor(acme, "file", "main", SYSTEM)


def test_before_anything_is_sealed_there_is_nothing_to_tell() -> None:
    empty = make_organization("new")
    anchor = AuditAnchor.objects.create(organization=empty, kind="file", address="main", created_at=now(), due_at=now())
    with pytest.raises(NothingSealed):
        tell_now(anchor)


def watched(log: Organization, witness: Organization, server: str) -> AuditAnchor:
    """Let one organization witness the log of another."""
    Receiver.witness = witness
    watch_log(witness, "\n".join(one.text() for one in verifiers(log)), SYSTEM)
    return add_anchor(log, "witness", server, SYSTEM, key=witness_of(witness).text())


def test_a_witness_signs_each_checkpoint_that_continues_the_last(acme: Organization, server: str) -> None:
    witness = make_organization("witness")
    anchor = tell_now(watched(acme, witness, server))
    assert anchor.problem == ""
    write(acme, 300)
    anchor = tell_now(anchor)
    assert anchor.problem == ""
    newest = selectors.checkpoints(acme).get(size=anchor.size)
    [cosignature] = selectors.cosignatures(newest)
    assert witness_of(witness).name in signatures(newest.note + cosignature, [witness_of(witness)])
    assert WitnessedLog.objects.get().size == newest.size
    assert ask_anchor(anchor) == []


def test_a_witness_refuses_a_log_that_was_written_anew(acme: Organization, server: str) -> None:
    anchor = tell_now(watched(acme, make_organization("witness"), server))
    forge(acme)
    write(acme, 9)
    assert "does not continue" in tell_now(anchor).problem


def test_a_witness_refuses_an_older_copy_of_a_log(acme: Organization, server: str) -> None:
    write(acme, 9)
    anchor = tell_now(watched(acme, make_organization("witness"), server))
    forge(acme)
    write(acme, 2)
    assert "records were removed" in tell_now(anchor).problem


def test_a_witness_that_sees_two_trees_of_one_size_raises_an_alarm(acme: Organization, server: str) -> None:
    witness = make_organization("witness")
    tell_now(watched(acme, witness, server))
    size = WitnessedLog.objects.get().size
    forge(acme)
    write(acme, size)
    note = selectors.checkpoints(acme).get(size=size).note
    answer = add_checkpoint(witness, f"old {size}\n\n{note}".encode())
    assert answer.status == 409
    assert "audit-log-forked" in codes(witness)


def test_a_witness_knows_only_its_own_logs(acme: Organization) -> None:
    witness, note = make_organization("witness"), note_of(acme)
    assert add_checkpoint(witness, f"old 0\n\n{note}".encode()).status == 404
    log = watch_log(witness, verifiers(acme)[0].text(), SYSTEM)
    assert add_checkpoint(make_organization("other"), f"old 0\n\n{note}".encode()).status == 404
    assert add_checkpoint(witness, f"old 0\n\n{note}".encode()).status == 200
    forget_log(log, SYSTEM)
    assert add_checkpoint(witness, f"old 0\n\n{note}".encode()).status == 404


def note_of(organization: Organization) -> str:
    newest = selectors.checkpoints(organization).first()
    assert newest
    return newest.note


def test_a_witness_answers_as_the_protocol_says(acme: Organization) -> None:
    witness, note = make_organization("witness"), note_of(acme)
    watch_log(witness, verifiers(acme)[0].text(), SYSTEM)
    forged = note.replace("\n3\n", "\n4\n") if "\n3\n" in note else note[:-8] + "AAAAAA=\n"
    assert add_checkpoint(witness, f"old 0\n\n{forged}".encode()).status == 403
    assert add_checkpoint(witness, f"old 1000\n\n{note}".encode()).status == 400
    again = add_checkpoint(witness, f"old 1\n\n{note}".encode())
    assert (again.status, again.text, again.kind) == (409, "0\n", "text/x.tlog.size")
    assert add_checkpoint(witness, f"old 0\n\n{note}".encode()).status == 200
    size = WitnessedLog.objects.get().size
    write(acme, 4)
    lie = base64.b64encode(bytes(32)).decode()
    assert add_checkpoint(witness, f"old {size}\n{lie}\n\n{note_of(acme)}".encode()).status == 422
    assert WitnessedLog.objects.get().size == size


@pytest.mark.parametrize(
    "body",
    [
        b"", b"old 0", b"old -1\n\nx", b"new 0\n\nx", b"\xff\xfe", b"old 0\n???\n\nx", b"old 0\nAAAA\n\nx",
        b"old 99999999999999999999999\n\nx", b"old 0\n\nno note",
    ],
)  # fmt: skip
def test_a_witness_refuses_what_is_no_request(acme: Organization, body: bytes) -> None:
    assert add_checkpoint(acme, body).status == 400


def test_a_witness_that_signs_with_another_key_is_not_believed(acme: Organization, server: str) -> None:
    witness, other = make_organization("witness"), make_organization("other")
    Receiver.witness = witness
    watch_log(witness, verifiers(acme)[0].text(), SYSTEM)
    anchor = add_anchor(acme, "witness", server, SYSTEM, key=witness_of(other).text())
    assert "not signed by the key" in tell_now(anchor).problem


def codes(organization: Organization) -> set[str]:
    return {alarm.code for alarm in selectors.alarms(organization)}
