"""The record is found whole where it is, and in constant statements; the command says so."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.audit.models import AuditEvent
from coordination.audit.services import Entry, append, verify
from tests.factories import make_organization
from tests.integration.audit.tampering import as_superuser
from tests.sealing import seal_all
from tests.unit.engine.proof.packs import make_log


@pytest.fixture(autouse=True)
def key_file(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path_factory.mktemp("key") / "ledger_key"


@pytest.fixture
def acme() -> Organization:
    """Return an organization with three runs of five records, and one beside it."""
    organization = make_organization()
    with transaction.atomic():
        for run in range(1, 4):
            append(organization.id, f"run:{run}", "user:manager", [Entry("StepReady", {"n": n}) for n in range(5)])
        append(make_organization("globex").id, "policies", "user:globex-admin", [Entry("PolicyPublished")])
    return organization


@pytest.mark.django_db
def test_a_log_that_waits_for_the_sealer_is_intact(acme: Organization) -> None:
    report = verify()
    assert (report.checked, report.streams, report.sealed, report.unsealed, report.findings) == (16, 4, 0, 16, ())
    assert verify(acme).checked == 15


@pytest.mark.django_db(transaction=True)
def test_a_sealed_log_is_intact_with_its_tail(acme: Organization) -> None:
    seal_all()
    with transaction.atomic():
        append(acme.id, "run:1", "user:manager", [Entry("StepReady")])
        append(acme.id, "run:9", "user:manager", [Entry("RunStarted")])
    report = verify()
    assert (report.checked, report.sealed, report.unsealed, report.findings) == (18, 16, 2, ())
    assert report.checkpoints >= 2
    assert verify(acme).sealed == 15


@pytest.mark.django_db(transaction=True)
def test_one_stream_is_checked_by_itself(acme: Organization) -> None:
    seal_all()
    assert (verify(acme, "run:2").checked, verify(acme, "run:2").sealed) == (5, 5)
    as_superuser("UPDATE audit_auditevent SET actor = 'x' WHERE stream = 'run:2' AND stream_no = 3")
    first_bad = verify(acme, "run:2").first_bad
    assert first_bad
    assert (first_bad.stream, first_bad.stream_no) == ("run:2", 3)
    assert verify(acme, "run:1").first_bad is None


@pytest.mark.django_db(transaction=True)
def test_a_stream_whose_beginning_was_dropped_is_whole(acme: Organization) -> None:
    seal_all()
    gone = list(selectors.history(acme, "run:2").filter(stream_no__lt=4))
    places = [place[1] for place in map(selectors.place_of, gone) if place]
    with transaction.atomic():
        said: Any = {"ranges": [[place, place] for place in places], "count": len(places)}
        append(acme.id, "audit", "system", [Entry("RecordsDropped", said)])
    seal_all()
    for event in gone:
        as_superuser("DELETE FROM audit_auditevent WHERE id = %s", event.id)
    assert verify(acme, "run:2").findings == ()
    assert (verify(acme).findings, verify(acme).dropped, verify(acme).checked) == ((), 3, 13)


@pytest.mark.django_db(transaction=True)
def test_another_organizations_harm_is_not_ours(acme: Organization) -> None:
    seal_all()
    as_superuser("UPDATE audit_auditevent SET kind = 'Other' WHERE stream = 'policies'")
    assert verify(acme).first_bad is None
    assert verify(make_organization("globex")).first_bad


@pytest.mark.django_db(transaction=True)
def test_records_of_an_organization_that_is_gone_are_found(acme: Organization) -> None:
    as_superuser("DELETE FROM accounts_organization WHERE slug = 'globex'")
    assert "an organization that is gone" in str(verify().first_bad)


@pytest.mark.django_db(transaction=True)
def test_statements_do_not_grow_with_the_log(acme: Organization) -> None:
    seal_all()
    with CaptureQueriesContext(connection) as few:
        verify(acme)
    with transaction.atomic():
        for run in range(10, 40):
            append(acme.id, f"run:{run}", "user:manager", [Entry("StepReady")] * 5)
    seal_all()
    with CaptureQueriesContext(connection) as many:
        assert verify(acme).checked == 165
    assert len(many) == len(few)


@pytest.mark.django_db(transaction=True)
def test_what_is_written_meanwhile_is_no_harm(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """The heads are read last: without one moment for all of it, they would count what came in between."""
    import threading

    from coordination.audit.selectors import checking

    real = checking.heads_in_order

    def heads_later(*arguments: Any) -> Any:
        writer = threading.Thread(target=_write, args=[acme.id])
        writer.start()
        writer.join()
        return real(*arguments)

    monkeypatch.setattr(checking, "heads_in_order", heads_later)
    assert verify(acme).findings == ()
    assert AuditEvent.objects.filter(stream="run:1").count() == 6


def _write(organization_id: Any) -> None:
    with transaction.atomic():
        append(organization_id, "run:1", "user:manager", [Entry("StepReady")])
    connection.close()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "trigger", ["audit_event_no_change ON audit_auditevent", "audit_auditnode_no_truncate ON audit_auditnode"]
)
def test_a_trigger_that_is_gone_is_named(acme: Organization, trigger: str) -> None:
    table = trigger.rsplit(maxsplit=1)[-1]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {trigger}")
    assert table in str(verify().first_bad)


@pytest.mark.django_db
def test_a_trigger_that_is_switched_off_is_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditstream DISABLE TRIGGER audit_stream_only_forward")
    assert "No trigger refuses UPDATE of audit_auditstream" in str(verify().first_bad)


@pytest.mark.django_db
def test_the_command_tells_that_all_is_well(acme: Organization) -> None:
    out = StringIO()
    call_command("audit", "verify", stdout=out)
    assert out.getvalue() == "16 records in 4 streams are intact.\n"


@pytest.mark.django_db
def test_the_command_fails_and_names_the_first_bad_record(acme: Organization) -> None:
    as_superuser("UPDATE audit_auditevent SET actor = 'user:mallory' WHERE stream = 'run:1' AND stream_no = 2")
    with pytest.raises(CommandError, match=r"stream run:1, record 2 \(id .*actor differs"):
        call_command("audit", "verify", "--organization", "acme", stderr=StringIO())


def test_a_pack_needs_no_server(tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    pack.write_bytes(make_log().packed())
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "REDIS_URL": "redis://127.0.0.1:1"}
    result = subprocess.run(
        [sys.executable, "manage.py", "audit", "verify", "--pack", str(pack)],
        cwd=configured.BASE_DIR,
        env={**os.environ, **nowhere, "DJANGO_SETTINGS_MODULE": "coordination.settings"},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (result.returncode, result.stdout[:36]) == (0, "12 records in 2 streams are intact. "), result.stderr


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "Cannot read"),
        (b"", "not a whole zip archive"),
        (make_log().packed()[:-30], "not a whole zip archive"),
        (b"PK", "not a whole zip archive"),
    ],
    ids=["missing", "empty", "truncated", "something else"],
)
def test_a_file_that_is_no_pack_is_refused(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    pack = tmp_path / "pack.zip"
    if content is not None:
        pack.write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        call_command("audit", "verify", "--pack", str(pack))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--key", "x"], "the key x is neither"),
        (["--against", "nowhere.note"], "Cannot read nowhere.note"),
        (["--against", "manage.py"], "manage.py holds no signed checkpoint"),
    ],
)
def test_what_cannot_be_compared_is_said(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("audit", "verify", *arguments)


@pytest.mark.django_db
def test_an_unknown_organization_is_said() -> None:
    with pytest.raises(CommandError, match="initech"):
        call_command("audit", "verify", "--organization", "initech")
