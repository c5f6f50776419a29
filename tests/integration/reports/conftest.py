"""An organization whose month has something to show: a change of rules, runs, answers of people, a failure."""

import io
import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Membership, Organization
from coordination.approvals.models import ApprovalRequest
from coordination.audit.people import admit_member
from coordination.reports.models import Report
from coordination.reports.selectors import content_of
from coordination.reports.services import ask_for_report, make_report
from coordination.runs.services import answer_approval, cancel_run
from coordination.shared.clock import now
from tests.integration.runs.conftest import World, make_world
from tests.sealing import seal_all

ASK = {"when": "true", "effect": "require_approval", "approval": {"role": "reviewer"}}
SEND = {"id": "send", "action": {"tool": "mail.send", "args": {"text": "${input.text}"}}}


class Month:
    """What happened, and the packs that are made of it."""

    def __init__(self, world: World, since: datetime) -> None:
        self.world, self.since = world, since
        self.organization: Organization = world.organization
        self.reviewer: Membership = admit_member(self.organization, "rita", ["reviewer"], [], SYSTEM)
        self.admin: Membership = admit_member(self.organization, "ada", ["admin"], [], SYSTEM)

    def live(self) -> None:
        """Let the month happen."""
        self.world.workflow(SEND)
        self.world.policy("ask", **ASK)
        for text, verdict in (("one", "approve"), ("two", "reject")):
            run = self.world.run({"text": text})
            request = ApprovalRequest.objects.get(subject=f"run:{run.pk}/step:send", state="pending")
            answer_approval(self.reviewer, request.pk, verdict, reason="Looked at it.", revision=request.revision)
            self.world.work(run)
        stopped = self.world.start({"text": "three"})
        cancel_run(self.organization, stopped.pk, Actor.of(self.admin), "Not needed.")

    def ask(self, **period: datetime) -> Report:
        """Ask for a pack about the month."""
        return ask_for_report(
            self.organization, period.get("since", self.since), period.get("until", now()), Actor.of(self.admin)
        )

    def make(self, **period: datetime) -> Report:
        """Return a pack, made as a worker makes it."""
        report = self.ask(**period)
        make_report(report.pk, report.attempt)
        report.refresh_from_db()
        return report


@pytest.fixture
def month(transactional_db: None, settings: Any, tmp_path: Path) -> Month:
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "ledger_key"
    since = now() - timedelta(days=1)
    month = Month(make_world(settings), since)
    month.live()
    seal_all()
    return month


def pack_of(report: Report) -> bytes:
    """Return the bytes of a pack."""
    return b"".join(content_of(report))


def opened(pack: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(pack))


def data_in(pack: bytes, name: str) -> Any:
    return json.loads(opened(pack).read(name))
