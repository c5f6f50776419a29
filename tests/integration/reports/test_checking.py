"""A pack is checked again by anyone: whole, changed, cut, or signed by another."""

import base64
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coordination.accounts.actors import SYSTEM
from coordination.audit.models import AuditEvent
from coordination.engine.proof.packing import PackWriter
from coordination.reports.models import ReportPart
from coordination.reports.services import check_kept, check_pack, handing_out
from tests.integration.reports.conftest import Month, opened, pack_of

Change = Callable[[str, bytes], bytes | None]


def rewritten(pack: bytes, change: Change) -> bytes:
    """Return the pack with its files changed; a file that becomes None is left out."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in opened(pack).namelist():
            content = change(name, opened(pack).read(name))
            if content is not None:
                file.writestr(name, content)
    return made.getvalue()


def outside(pack: bytes, folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Check a pack as a stranger does: its own verify.py, in an empty folder, isolated from this project."""
    (folder / "pack.zip").write_bytes(pack)
    (folder / "verify.py").write_bytes(opened(pack).read("verify.py"))
    return subprocess.run(
        [sys.executable, "-I", "verify.py", "pack.zip", *options],
        cwd=folder, env={"PYTHONUTF8": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_pack_is_found_whole_outside_the_server(month: Month, tmp_path: Path) -> None:
    report = month.make()
    found = outside(pack_of(report), tmp_path, "--key", report.summary["key"])
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_verifier_in_a_pack_imports_nothing_but_python_and_cryptography(month: Month) -> None:
    source = opened(pack_of(month.make())).read("verify.py").decode()
    lines = [line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))]
    strange = {name.partition(".")[0] for name in lines} - set(sys.stdlib_module_names) - {"cryptography"}
    assert not strange


def other_words(name: str, content: bytes) -> bytes:
    if name != "evidence/oversight.jsonl":
        return content
    first, *others = content.splitlines(keepends=True)
    line = json.loads(first)
    line["body"] = line["body"].replace("ApprovalAsked", "ApprovalTaken")
    return json.dumps(line).encode() + b"\n" + b"".join(others)


def without_a_record(name: str, content: bytes) -> bytes:
    return content[content.index(b"\n") + 1 :] if name == "evidence/oversight.jsonl" else content


def better_news(name: str, content: bytes) -> bytes:
    return content.replace(b"Partial", b"Perfect") if name == "report.html" else content


def without_the_gaps(name: str, content: bytes) -> bytes | None:
    return None if name == "controls.json" else content


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (other_words, "was changed"),
        (without_a_record, "evidence/oversight.jsonl was changed"),
        (better_news, "report.html was changed"),
        (without_the_gaps, "controls.json was removed"),
    ],
)
def test_a_changed_pack_is_refused_with_the_first_wrong_thing_named(
    month: Month, tmp_path: Path, change: Change, named: str
) -> None:
    pack = rewritten(pack_of(month.make()), change)
    checked = check_pack(month.organization, io.BytesIO(pack), SYSTEM)
    assert named in checked.problems[0]
    found = outside(pack, tmp_path)
    assert found.returncode == 1
    assert named in found.stdout + found.stderr


def test_a_changed_record_is_named_before_the_file_that_holds_it(month: Month) -> None:
    pack = rewritten(pack_of(month.make()), other_words)
    checked = check_pack(month.organization, io.BytesIO(pack), SYSTEM)
    assert checked.problems[0].startswith(("stream run:", "record at place"))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_pack_that_was_cut_is_refused(month: Month, share: float) -> None:
    pack = pack_of(month.make())
    checked = check_pack(month.organization, io.BytesIO(pack[: int(len(pack) * share)]), SYSTEM)
    assert checked.problems
    assert not checked.is_ours


def test_a_pack_that_another_key_signed_is_refused_where_the_key_is_pinned(month: Month, tmp_path: Path) -> None:
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    found = outside(pack_of(month.make()), tmp_path, "--key", base64.b64encode(other).decode())
    assert found.returncode == 1


def test_a_pack_of_another_installation_is_whole_but_said_not_to_be_ours(month: Month) -> None:
    made = io.BytesIO()
    writer = PackWriter(made, kind="compliance", made_at="2026-11-22T00:00:00Z")
    writer.write("report.html", "All is well.")
    writer.close("elsewhere", Ed25519PrivateKey.generate())
    made.seek(0)
    checked = check_pack(month.organization, made, SYSTEM)
    assert (checked.problems, checked.is_ours) == ((), False)
    assert check_pack(month.organization, io.BytesIO(pack_of(month.make())), SYSTEM).is_ours


def test_bytes_that_changed_where_they_are_kept_are_noticed(month: Month) -> None:
    report = month.make()
    part = ReportPart.objects.get(report=report)
    raw = bytearray(part.content)
    raw[len(raw) // 2] ^= 1
    ReportPart.objects.filter(pk=part.pk).update(content=bytes(raw))
    assert check_kept(report, SYSTEM).problems


def test_what_would_fill_the_disk_when_unpacked_is_refused(month: Month, monkeypatch: Any) -> None:
    monkeypatch.setattr(handing_out, "MOST_UNPACKED", 10_000_000)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("manifest.json", bytes(10_000_001))
    made.seek(0)
    checked = check_pack(month.organization, made, SYSTEM)
    assert "unpacked it would have" in checked.problems[0]


def test_a_check_is_on_record_with_what_came_of_it(month: Month) -> None:
    checked = check_pack(month.organization, io.BytesIO(b"not a pack"), SYSTEM)
    event = AuditEvent.objects.get(kind="ReportChecked")
    assert event.object == f"pack:{checked.sha256}"
    assert event.data["problem"] == checked.problems[0]
