"""Hand a pack out, and check one that came back."""

import tempfile
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import IO

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services.keys import verifiers
from coordination.engine.proof.manifest import PackUnreadable
from coordination.engine.proof.note import Verifier
from coordination.engine.proof.pack import verify_pack
from coordination.reports.models import Report
from coordination.reports.selectors import content_of, parts_of
from coordination.reports.services.records import record, record_report

# The largest pack that is checked, and what it may hold when it is unpacked.
MOST_BYTES = 256 * 1024 * 1024
MOST_UNPACKED = 2 * 1024 * 1024 * 1024
DOCUMENT = "report.pdf"
_BYTES_AT_A_TIME = 1024 * 1024
# Below this a pack that is being checked stays in memory.
_IN_MEMORY = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking a pack: `problems` names the first wrong record or file first."""

    sha256: str
    problems: tuple[str, ...]
    kind: str = ""
    made_at: str = ""
    keys: tuple[str, ...] = ()
    checked: int = 0
    checkpoints: int = 0
    # Whether this installation's own key signed it for this organization.
    is_ours: bool = False


@transaction.atomic
def download(report: Report, actor: Actor) -> AsyncIterator[bytes]:
    """Return the bytes of a pack, and write down who took them; raises ReportNotThere."""
    content = parts_of(report)
    record_report(report, "ReportDownloaded", actor, sha256=report.sha256)
    return content


def read_report(report: Report, actor: Actor) -> bytes:
    """Return the document of a pack, and write down who read it; raises ReportNotThere."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        for part in content_of(report):
            file.write(part)
        file.seek(0)
        document = zipfile.ZipFile(file).read(DOCUMENT)
    with transaction.atomic():
        record_report(report, "ReportRead", actor, sha256=report.sha256)
    return document


def check_pack(organization: Organization, file: IO[bytes], actor: Actor) -> Checked:
    """Check a pack, whoever made it, and write down what came of it."""
    checked = _check(organization, file)
    with transaction.atomic():
        first = checked.problems[0] if checked.problems else None
        record(organization, "ReportChecked", actor, f"pack:{checked.sha256}", problem=first, is_ours=checked.is_ours)
    return checked


def check_kept(report: Report, actor: Actor) -> Checked:
    """Check a pack that is kept here, as its bytes are now; raises ReportNotThere."""
    content = content_of(report)
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        for part in content:
            file.write(part)
        file.seek(0)
        checked = check_pack(report.organization, file, actor)
    if checked.sha256 != report.sha256:
        changed = "Its bytes are not those that were kept when it was made."
        return replace(checked, problems=(*checked.problems, changed))
    return checked


def _check(organization: Organization, file: IO[bytes]) -> Checked:
    digest = _digest(file)
    try:
        _refuse_bomb(file)
        found = verify_pack(file)
    except PackUnreadable as error:
        return Checked(digest, (f"This is no pack that can be checked: {error}.",))
    ours = {verifier.public for verifier in verifiers(organization)}
    return Checked(
        sha256=digest,
        problems=tuple(str(finding) for finding in found.report.findings),
        kind=found.kind,
        made_at=found.made_at,
        keys=tuple(found.keys),
        checked=found.report.checked,
        checkpoints=found.report.checkpoints,
        is_ours=bool(found.keys) and {Verifier.of(key).public for key in found.keys} <= ours,
    )


def _refuse_bomb(file: IO[bytes]) -> None:
    """Refuse what would fill the disk or the day when it is unpacked; raises PackUnreadable."""
    try:
        unpacked = sum(entry.file_size for entry in zipfile.ZipFile(file).infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return
    finally:
        file.seek(0)
    if unpacked > MOST_UNPACKED:
        raise PackUnreadable(f"unpacked it would have {unpacked:,} bytes")


def _digest(file: IO[bytes]) -> str:
    hashed = sha256()
    while part := file.read(_BYTES_AT_A_TIME):
        hashed.update(part)
    file.seek(0)
    return hashed.hexdigest()
