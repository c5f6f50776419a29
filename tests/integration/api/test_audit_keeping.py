"""Anchors, witnesses, retention, holds and erasure by API."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.audit.models import AuditEvent, AuditHold
from coordination.audit.services import witness_of
from coordination.audit.services.keys import verifiers
from coordination.engine.proof.note import signatures
from coordination.engine.proof.personal import ERASED, Opening
from coordination.manifests.applying import apply
from coordination.manifests.reading import read
from coordination.runs.services import start_run
from tests.integration.api.support import Caller
from tests.sealing import seal_all
from tests.working import work_off

WORLD = """
apiVersion: coordination/v1
kind: Workflow
metadata: {name: about-someone}
spec:
  input:
    type: object
    properties: {mail: {type: string, x-data-subject: true}, name: {type: string, x-personal: true}}
  steps: [{id: note, set: {hello: "Dear ${input.name}"}}]
"""
MAIL, NAME = "mia.sorensen@example.com", "Mia Sorensen-Voss"


@pytest.fixture(autouse=True)
def anchors_folder(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_ANCHOR_FOLDER = tmp_path / "anchors"


def about_someone(organization: Organization) -> Any:
    apply(organization, read(WORLD), SYSTEM)
    return work_off(start_run(organization, "about-someone", {"mail": MAIL, "name": NAME}, actor=SYSTEM))


def sealed() -> None:
    seal_all()


@pytest.mark.django_db(transaction=True)
def test_an_anchor_is_added_told_asked_and_removed(admin: Caller, acme: Organization) -> None:
    sealed()
    made = admin.post("audit/anchors/", {"kind": "file", "address": "main"})
    assert made.status_code == 201
    path = f"audit/anchors/{made.json()['id']}/"
    assert admin.post(f"{path}tell/").json()["size"] > 0
    assert admin.post(f"{path}ask/").json() == {"can_be_asked": True, "problems": []}
    assert admin.get("audit/anchors/").json()["results"][0]["problem"] == ""
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


def test_the_secret_of_a_webhook_is_shown_once(admin: Caller, acme: Organization) -> None:
    made = admin.post("audit/anchors/", {"kind": "webhook", "address": "http://127.0.0.1:1/"}).json()
    assert made["secret"].startswith("whsec_")
    assert "secret" not in admin.get(f"audit/anchors/{made['id']}/").json()


def test_a_bad_anchor_is_refused_with_a_sentence(admin: Caller, acme: Organization) -> None:
    refused = admin.post("audit/anchors/", {"kind": "file", "address": "../up"})
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("audit-anchor-invalid")


@pytest.mark.django_db(transaction=True)
def test_another_installation_gets_its_checkpoint_signed(admin: Caller, acme: Organization) -> None:
    sealed()
    log = admin.post("audit/witnessed-logs/", {"keys": verifiers(acme)[0].text()})
    assert log.status_code == 201
    newest = selectors.checkpoints(acme).first()
    assert newest
    witness = admin.get("audit/witness/").json()
    body = f"old 0\n\n{newest.note}".encode()
    answer = Client().post(f"{witness['path']}/add-checkpoint", body, content_type="text/plain")
    assert answer.status_code == 200
    assert signatures(newest.note + answer.content.decode(), [witness_of(acme)])
    again = Client().post(f"{witness['path']}/add-checkpoint", body, content_type="text/plain")
    assert (again.status_code, again.headers["Content-Type"]) == (409, "text/x.tlog.size")


def test_nobody_is_a_witness_who_is_not_here(db: None) -> None:
    answer = Client().post("/witness/nobody/add-checkpoint", b"old 0\n\nx", content_type="text/plain")
    assert answer.status_code == 404


def test_a_request_to_a_witness_that_is_too_long_is_refused(acme: Organization) -> None:
    answer = Client().post("/witness/acme/add-checkpoint", b"x" * 70_000, content_type="text/plain")
    assert answer.status_code == 413


def test_retention_is_set_within_its_floor(admin: Caller, acme: Organization) -> None:
    assert admin.get("audit/retention/").json() == {"days": 1095, "long_days": 1825}
    assert admin.put("audit/retention/", {"days": 400, "long_days": 800}).json() == {"days": 400, "long_days": 800}
    refused = admin.put("audit/retention/", {"days": 30, "long_days": 800})
    assert refused.status_code == 422
    assert "183 days" in refused.json()["detail"]


def test_a_hold_is_placed_and_lifted(admin: Caller, acme: Organization) -> None:
    made = admin.post("audit/holds/", {"scope": "organization", "reason": "Claim 12"})
    assert made.status_code == 201
    lifted = admin.post(f"audit/holds/{made.json()['id']}/lift/").json()
    assert lifted["lifted_by"] == "user:admin"
    assert admin.post(f"audit/holds/{made.json()['id']}/lift/").status_code == 409
    assert AuditHold.objects.count() == 1


def test_a_person_is_found_by_name_disclosed_and_erased(admin: Caller, acme: Organization) -> None:
    run = about_someone(acme)
    [person] = admin.get(f"audit/subjects/?name={MAIL.upper()}").json()["results"]
    assert (person["name"], person["n_streams"]) == (MAIL, 1)
    record = selectors.history(acme, f"run:{run.pk}").get(kind="RunStarted")
    asked = {"paths": ["/data/input/name"], "reason": "inquiry"}
    [shown] = admin.post(f"audit/{record.pk}/disclose/", asked).json()
    assert Opening.of(shown["disclosure"]).commitment() == record.data["input"]["name"]["commitment"]
    erased = admin.post(f"audit/subjects/{person['id']}/erase/", {"basis": "GDPR Art. 17(1)(b)"})
    assert erased.json()["changed"]["runs"] == 1
    assert admin.get(f"audit/subjects/?name={MAIL}").json()["results"] == []
    assert admin.post(f"audit/{record.pk}/disclose/", asked).status_code == 404
    assert NAME not in json.dumps(admin.get(f"runs/{run.pk}/").json())


def test_events_of_a_run_show_values_until_they_are_erased(admin: Caller, acme: Organization) -> None:
    run = about_someone(acme)
    assert first_event(admin, run)["input"]["name"] == NAME
    [person] = admin.get("audit/subjects/").json()["results"]
    admin.post(f"audit/subjects/{person['id']}/erase/", {"basis": "asked for it"})
    assert first_event(admin, run)["input"]["name"] == ERASED


def first_event(caller: Caller, run: Any) -> dict[str, Any]:
    data: dict[str, Any] = caller.get(f"runs/{run.pk}/events/").json()["results"][0]["data"]
    return data


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("audit/anchors/", {"kind": "file", "address": "main"}),
        ("audit/witnessed-logs/", {"keys": "x"}),
        ("audit/holds/", {"scope": "organization", "reason": "x"}),
        ("audit/subjects/01a20629-5730-73d8-a71d-ed3b64b62df7/erase/", {"basis": "x"}),
        ("audit/01a20629-5730-73d8-a71d-ed3b64b62df7/disclose/", {"reason": "x"}),
    ],
)
def test_an_auditor_reads_and_changes_nothing(auditor: Caller, acme: Organization, path: str, body: Any) -> None:
    assert auditor.post(path, body).status_code == 403
    assert auditor.get("audit/anchors/").status_code == 200
    assert auditor.get("audit/alarms/").status_code == 200
    assert not AuditEvent.objects.filter(kind__startswith="Anchor").exists()


def test_alarms_say_that_there_is_no_anchor(auditor: Caller, acme: Organization) -> None:
    assert "audit-anchor-missing" in {alarm["code"] for alarm in auditor.get("audit/alarms/").json()}


@pytest.mark.django_db(transaction=True)
def test_a_check_is_kept(auditor: Caller, acme: Organization) -> None:
    sealed()
    made = auditor.post("audit/checks/")
    assert made.json()["problem"] == ""
    assert auditor.get("audit/checks/").json()["results"] == [made.json()]
