"""A worker that is killed while it makes a pack: another begins again, and the pack is whole."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.engine.proof.pack import verify_pack
from coordination.reports.models import Report, ReportStatus
from coordination.reports.selectors import content_of
from coordination.reports.services import ask_for_report, find_lost_reports
from coordination.shared.clock import now
from tests.integration.processes.conftest import Process, Start, kill, wait_until
from tests.integration.runs.conftest import World

pytestmark = pytest.mark.django_db(transaction=True)


def computing_worker(start: Start) -> Process:
    return start("worker", "-P", "prefork", "-c", "1", "-Q", "cpu", "--without-gossip", "--without-mingle")


def status_of(report: Report) -> str:
    report.refresh_from_db()
    return report.status


def is_ready(report: Report) -> bool:
    """Let as much time go by as a silent worker, or a message that got lost with it, is given; tell if it is done."""
    if status_of(report) != ReportStatus.READY:
        Report.objects.filter(started_at=None).update(seen_at=now() - timedelta(hours=1))
        Report.objects.filter(seen_at__lt=now() - timedelta(seconds=5)).update(seen_at=now() - timedelta(hours=1))
        find_lost_reports()
    return status_of(report) == ReportStatus.READY


def test_what_a_killed_worker_left_is_made_by_the_next(
    world: World, start: Start, process_environment: dict[str, str], settings: Any, tmp_path: Path
) -> None:
    process_environment["LEDGER_SIGNING_KEY_FILE"] = str(tmp_path / "ledger_key")
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "ledger_key"
    report = ask_for_report(world.organization, now() - timedelta(days=1), now(), SYSTEM)
    victim = computing_worker(start)
    wait_until(lambda: status_of(report) != ReportStatus.QUEUED)
    kill(victim)
    computing_worker(start)
    wait_until(lambda: is_ready(report))
    assert verify_pack(io.BytesIO(b"".join(content_of(report)))).report.first_bad is None
