"""A pack says what happened, proves it, and names what is missing."""

import hashlib
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.services import create_organization
from coordination.approvals.models import ApprovalRequest
from coordination.audit.models import AuditCheckpoint, AuditEvent
from coordination.engine.proof.pack import verify_pack
from coordination.reports.dossier import Scope
from coordination.reports.errors import ReportUnderWay
from coordination.reports.evidence import COLLECTORS, oversight
from coordination.reports.models import Report, ReportPart
from coordination.reports.saying import NOTICE
from coordination.reports.selectors import content_of, records
from coordination.reports.selectors.records import within
from coordination.reports.services import assess, find_lost_reports, make_report, making, packing, set_schedule
from coordination.shared.clock import now
from tests.factories import make_member
from tests.integration.reports.conftest import Month, data_in, opened, pack_of


def test_a_pack_has_a_report_for_people_data_for_machines_and_records_with_proofs(month: Month) -> None:
    report = month.make()
    assert (report.status, report.error) == ("ready", "")
    pack = pack_of(report)
    names = set(opened(pack).namelist())
    assert {"report.html", "report.pdf", "controls.json", "manifest.json", "README.txt", "verify.py"} <= names
    assert {f"data/{name}.json" for name in COLLECTORS} <= names
    assert {"policies/ask/v1.yaml", "evidence/oversight.jsonl", "checkpoints/checkpoints.jsonl"} <= names
    found = verify_pack(io.BytesIO(pack))
    assert (found.kind, found.report.findings) == ("compliance", ())
    assert found.report.checked == report.summary["records"] > 0


def test_the_report_tells_what_people_were_asked_said_and_stopped(month: Month) -> None:
    pack = pack_of(month.make())
    oversight = data_in(pack, "data/oversight.json")
    assert oversight["facts"]["Questions to people"] == "2"
    assert oversight["facts"]["Stops by a person"] == "1"
    assert {row["Answer"]: row["Times"] for row in oversight["tables"][1]["rows"]} == {"Approve": "1", "Reject": "1"}
    incidents = data_in(pack, "data/incidents.json")
    assert incidents["facts"]["Runs that failed"] == "1"
    people = data_in(pack, "data/access.json")["data"]["people"]
    assert {one["person"]: one["roles"] for one in people} == {"rita": ["reviewer"], "ada": ["admin"]}


def test_what_only_tested_reviewers_counts_for_nothing(month: Month) -> None:
    ApprovalRequest.objects.filter(state="rejected").update(is_synthetic=True)
    pack = pack_of(month.make())
    oversight, reviewers = (data_in(pack, f"data/{name}.json") for name in ("oversight", "reviewers"))
    assert oversight["facts"]["Questions to people"] == "1"
    assert {row["Answer"]: row["Times"] for row in oversight["tables"][1]["rows"]} == {"Approve": "1"}
    assert reviewers["facts"]["Answers"] == "1"


def test_the_records_that_show_it_are_those_of_the_period_and_of_their_kinds(month: Month) -> None:
    pack = pack_of(month.make())
    lines = [json.loads(line) for line in opened(pack).read("evidence/oversight.jsonl").splitlines()]
    told = [json.loads(line["body"]) for line in lines]
    assert {one["kind"] for one in told} >= {"ApprovalAsked", "ApprovalDecided", "RunCancelled"}
    assert {one["organization"] for one in told} == {str(month.organization.pk)}
    earlier = month.make(since=month.since - timedelta(days=9), until=month.since)
    assert not opened(pack_of(earlier)).read("evidence/oversight.jsonl")


def test_html_and_pdf_print_that_the_report_does_not_establish_conformity(month: Month) -> None:
    pack = opened(pack_of(month.make()))
    page = pack.read("report.html").decode()
    assert NOTICE in page
    assert "Look them up in the Official Journal" in page
    assert "Human oversight" in page
    assert pack.read("report.pdf").startswith(b"%PDF-")
    assert data_in(pack_of(month.make()), "controls.json")["notice"].startswith(NOTICE)


def test_a_control_without_an_owner_or_evidence_says_so_in_its_gaps(month: Month) -> None:
    assess(month.organization, "eu-14", SYSTEM, owner="Head of support", note="Reviewed each quarter.")
    controls = {one["key"]: one for one in data_in(pack_of(month.make()), "controls.json")["controls"]}
    assert controls["eu-14"]["owner"] == "Head of support"
    assert "Nobody is named who answers for it." not in controls["eu-14"]["gaps"]
    assert "Nobody is named who answers for it." in controls["eu-12"]["gaps"]
    quiet = month.make(since=month.since - timedelta(days=9), until=month.since)
    before = {one["key"]: one for one in data_in(pack_of(quiet), "controls.json")["controls"]}
    assert (controls["eu-86"]["status"], before["eu-86"]["status"]) == ("implemented", "partial")
    assert "There is no evidence of it in this period." in before["eu-86"]["gaps"]


def test_another_organizations_records_and_names_are_not_in_a_pack(month: Month) -> None:
    globex = create_organization("globex", "Globex")
    make_member(globex, "sesame")
    pack = opened(pack_of(month.make()))
    for name in pack.namelist():
        content = pack.read(name)
        assert b"sesame" not in content, name
        assert str(globex.pk).encode() not in content, name


def test_many_records_are_shown_by_a_sample_that_can_be_drawn_again(month: Month, monkeypatch: Any) -> None:
    monkeypatch.setattr(packing, "MOST_SHOWN", 3)
    report = month.make()
    pack = pack_of(report)
    lines = [json.loads(line) for line in opened(pack).read("evidence/oversight.jsonl").splitlines()]
    root = bytes(AuditCheckpoint.objects.get(number=report.summary["checkpoint"]).root)
    every = within(Scope(month.organization, report.since, report.until, now())).filter(kind__in=oversight.KINDS)
    drawn = sorted(every, key=lambda one: hashlib.sha256(root + one.id.bytes).digest())[:3]
    assert {json.loads(line["body"])["id"] for line in lines} == {str(one.id) for one in drawn}
    shown = next(one for one in report.summary["evidence"] if one["name"] == "oversight")
    assert (shown["records"], shown["proven"]) == (every.count(), 3)
    assert f"3 of {every.count()} records" in opened(pack).read("report.html").decode()


def test_making_and_reading_a_pack_is_on_record(month: Month) -> None:
    report = month.make()
    kinds = list(AuditEvent.objects.filter(stream="reports").order_by("stream_no").values_list("kind", flat=True))
    assert kinds == ["ReportRequested", "ReportMade"]
    made = AuditEvent.objects.get(kind="ReportMade")
    assert made.data["sha256"] == report.sha256


def test_two_packs_about_one_period_are_not_made_at_once(month: Month) -> None:
    until = now()
    month.ask(until=until)
    with pytest.raises(ReportUnderWay):
        month.ask(until=until)


def test_a_pack_whose_worker_fell_silent_is_begun_again_and_given_up_after_three_times(month: Month) -> None:
    report = month.ask()
    for attempt in (1, 2):
        Report.objects.update(status="running", seen_at=now() - timedelta(minutes=10))
        assert find_lost_reports() == 1
        report.refresh_from_db()
        assert (report.status, report.attempt) == ("queued", attempt + 1)
    Report.objects.update(status="running", seen_at=now() - timedelta(minutes=10))
    find_lost_reports()
    report.refresh_from_db()
    assert report.status == "failed"
    assert AuditEvent.objects.filter(kind="ReportFailed").count() == 1


def test_a_worker_that_was_given_up_writes_nothing_any_more(month: Month, monkeypatch: Any) -> None:
    report = month.ask()
    collect = COLLECTORS["log"]

    def taken_over(scope: Any) -> Any:
        Report.objects.filter(pk=report.pk).update(attempt=2, status="queued")
        return collect(scope)

    monkeypatch.setattr(making, "COLLECTORS", {"log": taken_over})
    make_report(report.pk, 1)
    report.refresh_from_db()
    assert (report.status, report.attempt) == ("queued", 2)
    assert not ReportPart.objects.exists()


def test_a_pack_that_fails_says_so_and_leaves_nothing_behind(month: Month, monkeypatch: Any) -> None:
    def broken(scope: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(making, "COLLECTORS", {"log": broken})
    report = month.make()
    assert (report.status, report.error) == ("failed", making.FAILED)
    assert not ReportPart.objects.exists()


def test_only_the_newest_packs_keep_their_bytes(month: Month) -> None:
    set_schedule(month.organization, SYSTEM, is_active=False, keep=1)
    first = month.make()
    second = month.make()
    first.refresh_from_db()
    assert first.discarded_at is not None
    assert first.sha256
    assert list(ReportPart.objects.values_list("report", flat=True).distinct()) == [second.pk]
    assert b"".join(content_of(second))


def test_a_pack_without_anything_sealed_is_not_made(
    transactional_db: None, settings: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(making, "SEALING_S", 0.1)
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "ledger_key"
    organization = create_organization("empty", "Empty")
    moment = now()
    report = Report.objects.create(
        organization=organization, occasion="asked", since=moment - timedelta(days=1), until=moment,
        requested_by="x", created_at=moment, seen_at=moment,
    )  # fmt: skip
    make_report(report.pk, 1)
    report.refresh_from_db()
    assert report.status == "failed"
    assert "Nothing is sealed yet" in report.error


def test_records_are_counted_by_the_time_in_their_identifiers(month: Month) -> None:
    every = AuditEvent.objects.filter(organization=month.organization).count()
    found = records.count_of_kinds(month.organization, month.since, now())
    assert sum(found.values()) == every


def test_a_period_holds_what_happened_at_its_beginning_and_not_what_happened_at_its_end(month: Month) -> None:
    moments = sorted(AuditEvent.objects.filter(organization=month.organization).values_list("occurred_at", flat=True))
    first, last = moments[0], moments[-1]
    held = records.records_between(month.organization, first, last)
    assert set(held.values_list("occurred_at", flat=True)) == {moment for moment in moments if first <= moment < last}
    assert len(held) < len(moments)
