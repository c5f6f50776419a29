"""What is handed out verifies itself outside: whole logs and chosen records, with the program they bring along."""

import base64
import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.audit.services import Entry, append, export
from coordination.engine.proof.pack import verify_pack
from tests.factories import make_organization
from tests.integration.audit.tampering import as_superuser
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> Organization:
    """Return an organization with three runs, two of them sealed, and one beside it."""
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path_factory.mktemp("key") / "ledger_key"
    organization = make_organization()
    for run in (1, 2):
        write(organization, f"run:{run}", 200)
        write(make_organization("globex"), "policies", 1)
        seal_all()
    write(organization, "run:3", 5)
    return organization


def write(organization: Organization, stream: str, count: int) -> None:
    with transaction.atomic():
        append(organization.id, stream, "user:manager", [Entry("StepReady", {"é": n}) for n in range(count)])


def exported(tmp_path: Path, *arguments: str) -> Path:
    pack = tmp_path / "pack.zip"
    call_command("audit", "export", str(pack), *arguments, stdout=StringIO())
    assert [path.name for path in tmp_path.iterdir()] == ["pack.zip"]
    return pack


def verified(pack: Path, *arguments: str) -> str:
    out = StringIO()
    with CaptureQueriesContext(connection) as queries:
        call_command("audit", "verify", "--pack", str(pack), *arguments, stdout=out, stderr=StringIO())
    assert len(queries) == 0
    return out.getvalue()


def test_a_pack_of_all_is_verified_without_a_database(acme: Organization, tmp_path: Path) -> None:
    said = verified(exported(tmp_path))
    assert said == "407 records in 4 streams are intact. 402 of them are in trees that 4 signed checkpoints cover.\n"


def test_a_pack_of_one_organization_tells_nothing_of_another(acme: Organization, tmp_path: Path) -> None:
    pack = exported(tmp_path, "--organization", "acme")
    assert "405 records in 3 streams" in verified(pack)
    with zipfile.ZipFile(pack) as archive:
        assert not any(b"globex" in archive.read(name) for name in archive.namelist())


def test_a_pack_brings_its_verifier(acme: Organization, tmp_path: Path) -> None:
    pack = exported(tmp_path)
    with zipfile.ZipFile(pack) as archive:
        archive.extract("verify.py", tmp_path)
    command = [sys.executable, "-I", str(tmp_path / "verify.py"), str(pack)]
    result = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60, cwd=tmp_path)
    assert (result.returncode, result.stdout.startswith("407 records in 4 streams are intact.")) == (0, True)
    assert "coordination/audit/acme+" in result.stdout


def test_a_pack_of_a_log_that_was_tampered_with_says_so(acme: Organization, tmp_path: Path) -> None:
    as_superuser(
        "UPDATE audit_auditevent SET body = replace(body, 'user:manager', 'user:mallory')"
        " WHERE stream = 'run:2' AND stream_no = 4"
    )
    pack = exported(tmp_path)
    with pytest.raises(CommandError, match=r"First bad record: stream run:2, record 4 .*hash"):
        verified(pack)


def test_a_record_that_is_gone_is_missed_in_the_pack(acme: Organization, tmp_path: Path) -> None:
    as_superuser("DELETE FROM audit_auditevent WHERE stream = 'run:2' AND stream_no = 4")
    pack = exported(tmp_path)
    with pytest.raises(CommandError, match="First bad record: stream run:2, record 4: was removed"):
        verified(pack)


def test_a_tampered_pack_names_the_record(acme: Organization, tmp_path: Path) -> None:
    pack = exported(tmp_path)
    with zipfile.ZipFile(pack) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    lines = files["logs/acme/records.jsonl"].decode().splitlines()
    place = next(n for n, line in enumerate(lines) if '\\"stream\\":\\"run:2\\",\\"stream_no\\":4,' in line)
    lines[place] = lines[place].replace("user:manager", "user:mallory")
    files["logs/acme/records.jsonl"] = "\n".join(lines).encode() + b"\n"
    with zipfile.ZipFile(pack, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(CommandError, match=r"First bad record: stream run:2, record 4 .*was changed"):
        verified(pack)


def test_a_pack_is_compared_with_a_checkpoint_and_a_key_that_were_kept(acme: Organization, tmp_path: Path) -> None:
    newest = selectors.checkpoints(acme).first()
    assert newest
    outside = tmp_path / "outside"
    outside.mkdir()
    kept = outside / "kept.note"
    kept.write_text(newest.note)
    pack = outside / "pack.zip"
    call_command("audit", "export", str(pack), stdout=StringIO())
    key = base64.b64encode(bytes(newest.key.public_key)).decode()
    assert "are intact" in verified(pack, "--against", str(kept), "--key", key)
    with pytest.raises(CommandError, match="none of the known keys"):
        verified(pack, "--key", base64.b64encode(bytes(32)).decode())


def test_the_records_of_a_period_are_proved_one_by_one(acme: Organization, tmp_path: Path) -> None:
    first = selectors.history(acme, "run:2").first()
    last = selectors.history(acme, "run:3").last()
    assert first
    assert last
    period = ["--since", first.occurred_at.isoformat(), "--until", (last.occurred_at + timedelta(days=1)).isoformat()]
    pack = exported(tmp_path, "--organization", "acme", *period)
    said = verified(pack)
    assert said == "200 records in 1 streams are intact. 200 of them are in trees that 1 signed checkpoints cover.\n"
    with zipfile.ZipFile(pack) as archive:
        line = json.loads(archive.read("logs/acme/records.jsonl").splitlines()[0])
    assert (line["seq"], line["size"], line["body"]) == (200, 400, first.body)


def test_of_a_period_before_the_first_record_there_is_nothing(acme: Organization, tmp_path: Path) -> None:
    assert verified(exported(tmp_path, "--until", "2001-01-01")).startswith("0 records in 0 streams")


def test_what_is_no_day_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="soon is not a day like 2026-12-31"):
        call_command("audit", "export", str(tmp_path / "pack.zip"), "--since", "soon")


def test_a_log_without_any_checkpoint_is_handed_out_as_what_it_is(settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "ledger_key"
    write(make_organization(), "run:1", 2)
    file = io.BytesIO()
    export(file)
    report = verify_pack(file).report
    assert (report.findings, report.checked, report.sealed) == ((), 2, 0)


def test_a_place_that_cannot_be_written_is_said(acme: Organization, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Cannot write"):
        call_command("audit", "export", str(tmp_path / "nowhere" / "pack.zip"))


def test_a_key_that_cannot_be_read_is_said(acme: Organization, settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path
    with pytest.raises(CommandError, match="can't be used"):
        call_command("audit", "export", str(tmp_path / "pack.zip"))
