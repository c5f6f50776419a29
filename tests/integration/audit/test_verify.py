"""A superuser who goes around the triggers is found out, and the record is named."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.audit.services import Entry, append, verify
from coordination.engine.proof.pack import pack_lines
from tests.factories import make_organization


@pytest.fixture
def acme() -> Organization:
    """Return an organization with three runs of five records, and one beside it."""
    organization = make_organization()
    with transaction.atomic():
        for run in range(1, 4):
            append(organization.id, f"run:{run}", "user:manager", [Entry("StepReady", {"n": n}) for n in range(5)])
        append(make_organization("globex").id, "policies", "user:globex-admin", [Entry("PolicyPublished")])
    return organization


def as_superuser(statement: str, *parameters: Any) -> None:
    """Change the record as only a superuser can: with the triggers switched off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, parameters)
        assert cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.django_db
def test_an_intact_log_is_intact(acme: Organization) -> None:
    assert (verify().checked, verify().streams, verify().findings) == (16, 4, ())
    assert verify(acme).checked == 15


@pytest.mark.django_db(transaction=True)
def test_a_row_changed_behind_the_triggers_is_named(acme: Organization) -> None:
    event = selectors.history(acme, "run:2").get(stream_no=3)
    as_superuser("UPDATE audit_auditevent SET body = replace(body, 'manager', 'mallory') WHERE id = %s", event.id)
    first_bad = verify().first_bad
    assert first_bad
    assert (first_bad.stream, first_bad.stream_no, first_bad.id, first_bad.kind) == (
        "run:2",
        3,
        str(event.id),
        "StepReady",
    )
    assert "changed" in first_bad.problem


CHANGE_COLUMN = "UPDATE audit_auditevent SET {} WHERE stream = 'run:2' AND stream_no = 3"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "number"),
    [
        (CHANGE_COLUMN.format("kind = 'Other'"), 3),
        (CHANGE_COLUMN.format("actor = 'user:mallory'"), 3),
        (CHANGE_COLUMN.format("object = 'x'"), 3),
        (CHANGE_COLUMN.format("occurred_at = occurred_at - interval '1 microsecond'"), 3),
        (CHANGE_COLUMN.format("prev_hash = ''"), 3),
        (CHANGE_COLUMN.format("hash = repeat('0', 64)"), 3),
        (CHANGE_COLUMN.format("id = gen_random_uuid()"), 3),
        (CHANGE_COLUMN.format("body = 'x'"), 3),
        (CHANGE_COLUMN.format("stream_no = 9"), 3),
        (
            "UPDATE audit_auditevent SET body = 'x', hash = encode(sha256('\\x0078'), 'hex')"
            " WHERE stream = 'run:2' AND stream_no = 5",
            5,
        ),
        ("DELETE FROM audit_auditevent WHERE stream = 'run:2' AND stream_no = 3", 3),
        ("DELETE FROM audit_auditevent WHERE stream = 'run:2' AND stream_no > 3", 4),
        ("DELETE FROM audit_auditevent WHERE stream = 'run:2'", 1),
        ("DELETE FROM audit_auditstream WHERE name = 'run:2'", 5),
        ("UPDATE audit_auditstream SET length = 4 WHERE name = 'run:2'", 5),
        ("UPDATE audit_auditstream SET length = 6 WHERE name = 'run:2'", 6),
        ("UPDATE audit_auditstream SET head_hash = '' WHERE name = 'run:2'", 5),
        ("UPDATE audit_auditstream SET first_hash = '' WHERE name = 'run:2'", 1),
        (
            "UPDATE audit_auditevent SET stream_no = CASE stream_no WHEN 2 THEN 12 ELSE 2 END"
            " WHERE stream = 'run:2' AND stream_no IN (2, 3)",
            2,
        ),
    ],
)
def test_every_tampering_is_found_and_named(acme: Organization, statement: str, number: int) -> None:
    as_superuser(statement)
    report = verify()
    assert report.first_bad
    assert ("run:2", number) in {(finding.stream, finding.stream_no) for finding in report.findings}
    assert {finding.stream for finding in report.findings} == {"run:2"}


@pytest.mark.django_db
def test_a_stream_removed_with_its_head_is_found_by_those_opened_later(acme: Organization) -> None:
    as_superuser("DELETE FROM audit_auditevent WHERE stream = 'run:2'")
    as_superuser("DELETE FROM audit_auditstream WHERE name = 'run:2'")
    first_bad = verify().first_bad
    assert first_bad
    assert (first_bad.organization, first_bad.stream, first_bad.stream_no) == (str(acme.id), "run:2", 1)


@pytest.mark.django_db
def test_another_organizations_harm_is_not_ours(acme: Organization) -> None:
    as_superuser("UPDATE audit_auditevent SET kind = 'Other' WHERE stream = 'policies'")
    assert verify(acme).first_bad is None
    assert verify(make_organization("globex")).first_bad


@pytest.mark.django_db
def test_statements_do_not_grow_with_the_log(acme: Organization) -> None:
    with CaptureQueriesContext(connection) as few:
        verify(acme)
    for run in range(10, 40):
        append(acme.id, f"run:{run}", "user:manager", [Entry("StepReady")] * 5)
    with CaptureQueriesContext(connection) as many:
        assert verify(acme).checked == 165
    assert len(many) == len(few)


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


@pytest.mark.django_db
def test_a_pack_is_verified_without_a_database(acme: Organization, tmp_path: Path) -> None:
    pack = tmp_path / "pack.jsonl"
    call_command("audit", "export", str(pack), "--organization", "acme", stdout=StringIO())
    assert [path.name for path in tmp_path.iterdir()] == ["pack.jsonl"]
    out = StringIO()
    with CaptureQueriesContext(connection) as queries:
        call_command("audit", "verify", "--pack", str(pack), stdout=out)
    assert len(queries) == 0
    assert out.getvalue() == "15 records in 3 streams are intact.\n"


def test_a_pack_needs_no_server(tmp_path: Path) -> None:
    pack = tmp_path / "pack.jsonl"
    pack.write_text("\n".join(pack_lines([], exported_at="2026-01-01T00:00:00.000000Z")))
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "REDIS_URL": "redis://127.0.0.1:1"}
    result = subprocess.run(
        [sys.executable, "manage.py", "audit", "verify", "--pack", str(pack)],
        cwd=settings.BASE_DIR,
        env={**os.environ, **nowhere, "DJANGO_SETTINGS_MODULE": "coordination.settings"},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (result.returncode, result.stdout) == (0, "0 records in 0 streams are intact.\n"), result.stderr


@pytest.mark.django_db
def test_a_tampered_pack_fails(acme: Organization, tmp_path: Path) -> None:
    pack = tmp_path / "pack.jsonl"
    call_command("audit", "export", str(pack), stdout=StringIO())
    lines = [json.loads(line) for line in pack.read_text().splitlines()]
    bad = next(line for line in lines if line.get("stream") == "run:2" and line.get("stream_no") == 4)
    bad["body"] = bad["body"].replace("manager", "mallory")
    pack.write_text("\n".join(json.dumps(line) for line in lines))
    with pytest.raises(CommandError, match="stream run:2, record 4"):
        call_command("audit", "verify", "--pack", str(pack), stderr=StringIO())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "Cannot read"), ("", "not an audit pack"), ("{", "Line 1"), ("\udcff", "cannot be checked")],
)
def test_a_file_that_is_no_pack_is_refused(tmp_path: Path, content: str | None, sentence: str) -> None:
    pack = tmp_path / "pack.jsonl"
    if content is not None:
        pack.write_text(content, errors="surrogateescape")
    with pytest.raises(CommandError, match=sentence):
        call_command("audit", "verify", "--pack", str(pack))


@pytest.mark.django_db
def test_a_place_that_cannot_be_written_is_said(acme: Organization, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Cannot write"):
        call_command("audit", "export", str(tmp_path / "nowhere" / "pack.jsonl"))


@pytest.mark.django_db
def test_an_unknown_organization_is_said() -> None:
    with pytest.raises(CommandError, match="initech"):
        call_command("audit", "verify", "--organization", "initech")
