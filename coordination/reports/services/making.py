"""Make a pack: collect, prove, write, check what was written, and keep it."""

import logging
import tempfile
import time
from collections.abc import Iterator
from hashlib import file_digest
from typing import IO
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from coordination.accounts.actors import SYSTEM
from coordination.audit.services import seal
from coordination.engine.proof.pack import verify_pack
from coordination.reports.dossier import Evidence, Scope
from coordination.reports.evidence import COLLECTORS
from coordination.reports.models import Report, ReportPart, ReportStatus
from coordination.reports.selectors.proven import newest_checkpoint
from coordination.reports.selectors.records import count_of_kinds
from coordination.reports.services.discarding import discard_old_packs
from coordination.reports.services.packing import NothingSealed, Summary, write_pack
from coordination.reports.services.records import record_report, ring_for
from coordination.shared.clock import now

logger = logging.getLogger(__name__)

# So long at most a pack waits for the first checkpoint of its organization.
SEALING_S = 10.0
_PART = 1024 * 1024
# Below this a pack that is being written stays in memory.
_IN_MEMORY = 8 * 1024 * 1024
FAILED = "It could not be made; the log of the worker says why."


class _NotOurs(Exception):
    """Another worker has taken the report over, or it was called off."""


class _Spoilt(Exception):
    """What was written does not pass its own check."""


def make_report(report_id: UUID, attempt: int) -> None:
    """Make a pack that nobody has begun."""
    mine = Report.objects.filter(pk=report_id, attempt=attempt)
    if not mine.filter(status=ReportStatus.QUEUED).update(
        status=ReportStatus.RUNNING, started_at=now(), seen_at=now(), total=len(COLLECTORS) + 3, done=0
    ):
        return
    report = mine.select_related("organization").get()
    ring_for(report)
    try:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            summary = _write(report, file)
            _keep(report, file, summary)
    except _NotOurs:
        logger.warning("The report %s is somebody else's by now.", report_id)
    except NothingSealed as error:
        _fail(report, str(error))
    except Exception:  # Whatever it was, the row says that it failed, and the log says why.
        logger.exception("The report %s failed.", report_id)
        _fail(report, FAILED)


def _write(report: Report, file: IO[bytes]) -> Summary:
    _seal(report)
    scope = Scope(
        report.organization,
        report.since,
        report.until,
        now(),
        count_of_kinds(report.organization, report.since, report.until),
    )
    collected = dict(_collected(report, scope))
    _tell(report, "proofs and pages")
    summary = write_pack(file, scope, collected)
    _tell(report, "check of the pack")
    file.seek(0)
    checked = verify_pack(file)
    if checked.report.first_bad is not None:
        raise _Spoilt(str(checked.report.first_bad))
    return summary


def _seal(report: Report) -> None:
    """Let the record be sealed as far as it can be; the first checkpoint of all may be another sealer's to make."""
    given_up_at = time.monotonic() + SEALING_S
    seal()
    while newest_checkpoint(report.organization) is None and time.monotonic() < given_up_at:
        time.sleep(0.2)
        seal()


def _collected(report: Report, scope: Scope) -> Iterator[tuple[str, Evidence]]:
    for name, collect in COLLECTORS.items():
        found = collect(scope)
        _tell(report, found.title.lower())
        yield name, found


def _tell(report: Report, doing: str) -> None:
    """Say how far it is and that its worker is alive; raises _NotOurs."""
    report.done, report.doing = report.done + 1, doing[:100]
    told = {"done": report.done, "doing": report.doing, "seen_at": now()}
    if not _ours(report).update(**told):
        raise _NotOurs
    ring_for(report)


@transaction.atomic
def _keep(report: Report, file: IO[bytes], summary: Summary) -> None:
    """Put the bytes into the database, in parts, and write down what they are."""
    if not _ours(report).select_for_update().exists():
        raise _NotOurs
    file.seek(0)
    digest = file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # a spooled file is one
    size = file.tell()
    file.seek(0)
    ReportPart.objects.filter(report=report).delete()
    for number, content in enumerate(iter(lambda: file.read(_PART), b"")):
        ReportPart.objects.create(report=report, number=number, content=content)
    _ours(report).update(
        status=ReportStatus.READY,
        finished_at=now(),
        size=size,
        sha256=digest,
        summary=summary,
        done=report.total,
        doing="",
        error="",
    )
    record_report(report, "ReportMade", SYSTEM, sha256=digest, size=size, checkpoint=summary["checkpoint"])
    discard_old_packs(report.organization)


@transaction.atomic
def _fail(report: Report, error: str) -> None:
    failed = {"status": ReportStatus.FAILED, "finished_at": now(), "error": error, "doing": ""}
    if _ours(report).update(**failed):
        record_report(report, "ReportFailed", SYSTEM, error=error)


def _ours(report: Report) -> QuerySet[Report]:
    return Report.objects.filter(pk=report.pk, attempt=report.attempt, status=ReportStatus.RUNNING)
