"""Pages about anchors, holds, retention and erasure."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.audit import selectors
from coordination.audit.covering import open_stream
from coordination.audit.models import AuditAnchor, AuditHold, AuditSubject, WitnessedLog
from coordination.audit.services import place_hold
from coordination.audit.services.keys import verifiers
from coordination.engine.proof.personal import Told
from tests.integration.web.conftest import House
from tests.sealing import seal_all

MAIL = "mia.sorensen@example.com"


@pytest.fixture(autouse=True)
def anchors_folder(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_ANCHOR_FOLDER = tmp_path / "anchors"


@pytest.fixture
def admin(house: House) -> Client:
    return house.enter("admin", "admin")


def told_about(house: House, name: str = MAIL) -> AuditSubject:
    open_stream(house.organization.pk, f"run:{uuid4()}", Told((("name", "Mia Sorensen"),), name))
    return AuditSubject.objects.latest("created_at")


def text(response: Any) -> str:
    said: str = response.content.decode()
    return said


def test_without_an_anchor_the_page_says_what_nobody_would_notice(admin: Client) -> None:
    page = text(admin.get("/audit/anchors/"))
    assert "could replace the whole log" in page


def test_an_anchor_is_added_by_a_form_and_removed_after_a_question(admin: Client, house: House) -> None:
    added = admin.post("/audit/anchors/new/", {"kind": "Folder", "address": "main"}, follow=True)
    assert "main" in text(added)
    anchor = AuditAnchor.objects.get(organization=house.organization)
    assert "Send no more to main?" in text(admin.get(f"/audit/anchors/{anchor.pk}/remove/"))
    admin.post(f"/audit/anchors/{anchor.pk}/remove/")
    assert not selectors.anchors(house.organization).exists()


def test_a_bad_anchor_comes_back_with_what_is_wrong(admin: Client) -> None:
    refused = admin.post("/audit/anchors/new/", {"kind": "Folder", "address": "../etc"})
    assert refused.status_code == 422
    assert "../etc" in text(refused)
    assert "#field-address" in text(refused)
    missing = admin.post("/audit/anchors/new/", {"kind": "", "address": ""})
    assert missing.status_code == 422


def test_the_secret_of_a_webhook_is_shown_once(admin: Client) -> None:
    made = admin.post("/audit/anchors/new/", {"kind": "Webhook", "address": "http://127.0.0.1:1/"})
    assert "whsec_" in text(made)
    assert "whsec_" not in text(admin.get("/audit/anchors/"))


@pytest.mark.django_db(transaction=True)
def test_an_anchor_is_told_and_compared_by_buttons(admin: Client, house: House) -> None:
    append_and_seal(house)
    admin.post("/audit/anchors/new/", {"kind": "Folder", "address": "main"})
    anchor = AuditAnchor.objects.get()
    assert "has the newest checkpoint" in text(admin.post(f"/audit/anchors/{anchor.pk}/tell/", follow=True))
    assert "The log is what main was told" in text(admin.post(f"/audit/anchors/{anchor.pk}/ask/", follow=True))


def append_and_seal(house: House) -> None:
    seal_all()
    assert selectors.checkpoints(house.organization).exists()


@pytest.mark.django_db(transaction=True)
def test_a_log_is_witnessed_and_forgotten(admin: Client, house: House) -> None:
    append_and_seal(house)
    assert admin.post("/audit/logs/new/", {"keys": "nonsense"}).status_code == 422
    key = verifiers(house.organization)[0].text()
    assert "is witnessed from now on" in text(admin.post("/audit/logs/new/", {"keys": key}, follow=True))
    log = WitnessedLog.objects.get()
    admin.post(f"/audit/logs/{log.pk}/forget/")
    assert not WitnessedLog.objects.exists()


def test_a_hold_is_placed_and_lifted(admin: Client) -> None:
    placed = admin.post(
        "/audit/keeping/holds/new/", {"scope": "Everything", "reason": "Claim 12", "until": "2099-12-31"}, follow=True
    )
    assert "Claim 12" in text(placed)
    hold = AuditHold.objects.get()
    assert hold.until
    assert str(hold.until.date()) == "2099-12-31"
    admin.post(f"/audit/keeping/holds/{hold.pk}/lift/")
    assert "Lifted" in text(admin.get("/audit/keeping/"))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"scope": "Everything", "reason": " "}, "reason"),
        ({"scope": "Everything", "reason": "x", "until": "soon"}, "until"),
        ({"scope": "Everything", "reason": "x", "until": "2001-01-01"}, "until"),
        ({"scope": "One run or stream", "value": "run:nowhere", "reason": "x"}, "value"),
        ({"scope": "", "reason": "x"}, "scope"),
    ],
)
def test_a_hold_that_cannot_be_placed_comes_back(admin: Client, typed: dict[str, str], field: str) -> None:
    refused = admin.post("/audit/keeping/holds/new/", typed)
    assert refused.status_code == 422
    assert f"#field-{field}" in text(refused)
    assert not AuditHold.objects.exists()


def test_retention_is_changed_within_its_floor(admin: Client, house: House) -> None:
    refused = admin.post("/audit/keeping/retention/", {"days": "30", "long_days": "900"})
    assert refused.status_code == 422
    assert "183 days" in text(refused)
    admin.post("/audit/keeping/retention/", {"days": "400", "long_days": "1825"})
    page = text(admin.get("/audit/keeping/"))
    assert "400 days" in page
    assert "5 years" in page


def test_a_person_is_found_and_erased_after_two_questions(admin: Client, house: House) -> None:
    subject = told_about(house)
    assert MAIL in text(admin.get("/audit/keeping/", {"name": MAIL}))
    assert MAIL not in text(admin.get("/audit/keeping/", {"name": "someone else"})).replace("someone else", "")
    path = f"/audit/keeping/people/{subject.pk}/erase/"
    assert MAIL in text(admin.get(path))
    assert admin.post(path, {"basis": "asked for it"}).status_code == 422
    assert admin.post(path, {"sure": "on"}).status_code == 422
    assert "They are erased" in text(admin.post(path, {"basis": "asked for it", "sure": "on"}, follow=True))
    page = text(admin.get("/audit/keeping/"))
    assert "Erased" in page
    assert MAIL not in page


def test_a_held_person_is_not_erased(admin: Client, house: House) -> None:
    subject = told_about(house)
    place_hold(house.organization, "subject", str(subject.pk), "Claim 12", SYSTEM)
    refused = admin.post(f"/audit/keeping/people/{subject.pk}/erase/", {"basis": "x", "sure": "on"})
    assert refused.status_code == 409
    assert "Claim 12" in text(refused)


def test_an_auditor_sees_no_names_and_no_buttons(house: House) -> None:
    told_about(house)
    auditor = house.enter("auditor", "auditor")
    page = text(auditor.get("/audit/keeping/"))
    assert MAIL not in page
    assert "Place a hold" not in page
    assert "Add an anchor" not in text(auditor.get("/audit/anchors/"))
    assert auditor.get("/audit/anchors/new/").status_code == 403
    assert auditor.get("/audit/keeping/holds/new/").status_code == 403


def test_more_rows_cost_no_more_statements(admin: Client, house: House, queries: Any) -> None:
    told_about(house, "one@example.com")
    place_hold(house.organization, "organization", "", "one", SYSTEM)
    admin.post("/audit/anchors/new/", {"kind": "Folder", "address": "a"})
    few = [queries(admin, path) for path in ("/audit/keeping/", "/audit/anchors/")]
    for n in range(10):
        told_about(house, f"{n}@example.com")
        place_hold(house.organization, "organization", "", str(n), SYSTEM)
        admin.post("/audit/anchors/new/", {"kind": "Folder", "address": f"a{n}"})
    assert [queries(admin, path) for path in ("/audit/keeping/", "/audit/anchors/")] == few
