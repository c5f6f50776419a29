"""Packs are made, read, downloaded and checked on pages and by the API, by those who may."""

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from coordination.accounts.services import create_token
from coordination.audit.models import AuditEvent
from coordination.reports.models import Assessment, Report, ReportSchedule
from coordination.reports.services import make_report
from tests.factories import make_member, make_organization
from tests.integration.api.support import Caller
from tests.integration.reports.conftest import Month, opened, pack_of

MAY = ("auditor", "admin", "manager")
JANUARY = {"since": "2026-01-01", "until": "2026-01-31"}


def enter(month: Month, role: str) -> Client:
    client = Client()
    client.force_login(make_member(month.organization, role, [role]).user)
    return client


def call(month: Month, role: str) -> Caller:
    member = make_member(month.organization, role, [role])
    return Caller(Client(), member, create_token(member, "test")[1])


def body_of(response: Any) -> bytes:
    return b"".join(response)


@pytest.mark.parametrize("role", MAY)
def test_an_auditor_an_admin_and_a_manager_make_a_pack_and_take_it_away(month: Month, role: str) -> None:
    browser = enter(month, role)
    sent = browser.post("/reports/", JANUARY)
    report = Report.objects.get()
    assert sent.headers["Location"] == f"/reports/{report.pk}/"
    make_report(report.pk, 1)
    page = browser.get(f"/reports/{report.pk}/").content.decode()
    assert "January 2026" in page
    assert "Controls in place" in page
    taken = browser.get(f"/reports/{report.pk}/pack/")
    report.refresh_from_db()
    assert body_of(taken) == pack_of(report)
    assert taken.headers["Content-Disposition"] == 'attachment; filename="acme-2026-01-01-to-2026-02-01.zip"'
    assert AuditEvent.objects.get(kind="ReportDownloaded").actor == f"user:{role}"
    read = browser.get(f"/reports/{report.pk}/report.pdf")
    assert read.content.startswith(b"%PDF-")
    assert AuditEvent.objects.get(kind="ReportRead").actor == f"user:{role}"


def test_a_reviewer_sees_no_reports(month: Month) -> None:
    browser = enter(month, "reviewer")
    assert browser.get("/reports/").status_code == 403
    assert call(month, "reviewer").get("reports/").status_code == 403


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"since": "soon", "until": "2026-01-31"}, "Write a day"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "It ends before it begins"),
        ({"since": "2020-01-01", "until": "2026-01-01"}, "It is longer than two years"),
        ({"since": "2199-01-01", "until": "2199-01-02"}, "It has not begun yet"),
        ({"since": "2026-01-01", "until": "9999-12-31"}, "9999"),
        ({}, "Write a day"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused_beside_its_field(
    month: Month, typed: dict[str, str], said: str
) -> None:
    page = enter(month, "admin").post("/reports/", typed)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert not Report.objects.exists()


def test_a_pack_that_is_brought_is_checked_and_a_changed_one_refused(month: Month) -> None:
    browser, pack = enter(month, "auditor"), pack_of(month.make())
    whole = browser.post("/reports/check/", {"pack": SimpleUploadedFile("pack.zip", pack)})
    assert whole.status_code == 200
    assert "installation&#x27;s key signed it" in whole.content.decode()
    cut = browser.post("/reports/check/", {"pack": SimpleUploadedFile("pack.zip", pack[:-100])})
    assert cut.status_code == 422
    assert "not a whole zip archive" in cut.content.decode()
    assert browser.post("/reports/check/").status_code == 422


def test_only_an_admin_says_how_a_control_stands(month: Month) -> None:
    said = {"standing": "partial", "owner": "Support leads", "note": "Yearly."}
    assert enter(month, "auditor").post("/reports/controls/eu-14/", said).status_code == 403
    assert not Assessment.objects.exists()
    browser = enter(month, "admin")
    assert browser.post("/reports/controls/eu-14/", said).status_code == 302
    assert "Support leads" in browser.get("/reports/controls/?framework=eu-ai-act").content.decode()
    refused = browser.post("/reports/controls/eu-14/", {"standing": "not-applicable"})
    assert refused.status_code == 422
    assert "Say why it does not apply" in refused.content.decode()


def test_only_an_admin_sets_the_schedule(month: Month) -> None:
    typed = {"is_active": "on", "every": "quarter", "keep": "8"}
    assert enter(month, "manager").post("/reports/schedule/", typed).status_code == 403
    browser = enter(month, "admin")
    assert browser.post("/reports/schedule/", typed | {"keep": "many"}).status_code == 422
    assert browser.post("/reports/schedule/", typed).status_code == 302
    schedule = ReportSchedule.objects.get()
    assert (schedule.is_active, schedule.every, schedule.keep) == (True, "quarter", 8)
    assert "After each quarter" in browser.get("/reports/").content.decode()


def test_the_api_makes_hands_out_and_checks_a_pack(month: Month) -> None:
    auditor = call(month, "auditor")
    made = auditor.post("reports/", {"since": "2026-10-01T00:00:00Z", "until": "2026-11-01T00:00:00Z"})
    assert made.status_code == 202
    report = made.json()
    waiting = auditor.get(f"reports/{report['id']}/pack/")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "report-not-there")
    make_report(Report.objects.get().pk, 1)
    read = auditor.get(f"reports/{report['id']}/").json()
    assert (read["status"], read["is_there"]) == ("ready", True)
    pack = body_of(auditor.get(f"reports/{report['id']}/pack/"))
    assert "report.html" in opened(pack).namelist()
    checked = auditor.post(f"reports/{report['id']}/verify/").json()
    assert (checked["is_intact"], checked["is_ours"]) == (True, True)
    assert [one["id"] for one in auditor.get("reports/").json()["results"]] == [report["id"]]


def test_the_api_checks_a_pack_that_is_sent(month: Month) -> None:
    auditor, pack = call(month, "auditor"), pack_of(month.make())
    headers = {"Authorization": f"Bearer {auditor.token}"}

    def send(raw: bytes) -> Any:
        sent = auditor.client.post("/api/v1/reports/verify/", raw, content_type="application/zip", headers=headers)
        return sent.json()

    assert send(pack)["is_intact"] is True
    found = send(pack[: len(pack) // 2])
    assert (found["is_intact"], len(found["problems"])) == (False, 1)
    assert send(b"")["is_intact"] is False


def test_the_api_tells_and_sets_controls_and_the_schedule(month: Month) -> None:
    admin, auditor = call(month, "admin"), call(month, "auditor")
    put = {"status": "implemented", "owner": "Support leads", "note": ""}
    assert auditor.put("reports/controls/eu-9/", put).status_code == 403
    assert admin.put("reports/controls/eu-9/", put).json()["owner"] == "Support leads"
    controls = {one["key"]: one for one in auditor.get("reports/controls/").json()}
    assert controls["eu-9"]["status"] == "implemented"
    assert admin.get("reports/controls/none/").status_code == 404
    set_to = {"is_active": True, "every": "week", "keep": 4}
    assert auditor.put("reports/schedule/", set_to).status_code == 403
    assert admin.put("reports/schedule/", set_to).json()["every"] == "week"
    assert auditor.get("reports/schedule/").json()["keep"] == 4


def test_another_organizations_pack_is_not_there(month: Month) -> None:
    report = month.make()
    stranger = make_member(make_organization("globex"), "sesame", ["admin"])
    browser = Client()
    browser.force_login(stranger.user)
    for path in ("", "pack/", "report.pdf"):
        assert browser.get(f"/reports/{report.pk}/{path}").status_code == 404
    assert browser.post(f"/reports/{report.pk}/check/").status_code == 404


def test_lists_ask_as_often_for_many_packs_as_for_few(month: Month, django_assert_max_num_queries: Any) -> None:
    browser = enter(month, "admin")
    report = month.make()
    summary = json.loads(json.dumps(report.summary))
    for at in range(10):
        Report.objects.create(
            organization=month.organization, occasion="asked", since=report.since, until=report.until, status="ready",
            requested_by="x", created_at=report.created_at, seen_at=report.seen_at, summary=summary, size=at,
        )  # fmt: skip
    browser.get("/reports/")
    with django_assert_max_num_queries(8):
        assert browser.get("/reports/").status_code == 200
    assert io.BytesIO(pack_of(report)).read(2) == b"PK"
