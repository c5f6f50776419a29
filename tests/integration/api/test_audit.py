"""The audit log over HTTP: found by anything, proved, and handed out."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.audit.services import Entry, append
from coordination.audit.services.keys import verifiers
from coordination.engine.proof.merkle import leaf_hash, verify_consistency, verify_inclusion
from coordination.engine.proof.note import opened
from coordination.shared.ids import new_id
from tests.integration.api.support import Caller
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def log(acme: Organization) -> Organization:
    """Return an organization with a log of its own records and some more, sealed twice."""
    seal_all()
    write(
        acme, Entry("PolicyDecided", {"outcome": "deny", "agent": "echo", "why": "Too much money"}, "run:1/step:send")
    )
    write(acme, Entry("MemberAdded", {"roles": []}, "user:bob"))
    seal_all()
    return acme


def write(organization: Organization, *entries: Entry) -> None:
    with transaction.atomic():
        append(organization.pk, "things", "user:ada", entries)


def kinds(answer: Any) -> list[str]:
    return [row["kind"] for row in answer.json()["results"]]


@pytest.mark.parametrize(
    "query",
    ["decision=deny", "agent=echo&actor=user:ada", "text=money", "object=run:1", "kind=PolicyDecided&stream=things"],
)
def test_records_are_found_by_what_is_asked(log: Organization, auditor: Caller, query: str) -> None:
    assert kinds(auditor.get(f"audit/?{query}")) == ["PolicyDecided"]


def test_a_record_says_where_it_is_sealed(log: Organization, auditor: Caller) -> None:
    write(log, Entry("Newest"))
    newest, sealed = auditor.get("audit/?stream=things").json()["results"][:2]
    assert (newest["kind"], newest["seq"], newest["checkpoint"]) == ("Newest", None, None)
    assert sealed["checkpoint"] == 2
    one = auditor.get(f"audit/{sealed['id']}/").json()
    assert one == sealed
    assert leaf_hash(one["body"].encode()).hex() == one["hash"]


def test_pages_lead_forth_and_back(log: Organization, auditor: Caller) -> None:
    everything = [row["id"] for row in auditor.get("audit/?limit=200").json()["results"]]
    assert everything == [str(event.id) for event in AuditEvent.objects.filter(organization=log).order_by("-id")]
    path, seen, page = "audit/?limit=3", [], {}
    while path:
        page = auditor.get(path).json()
        seen.append([row["id"] for row in page["results"]])
        path = page["next"] and page["next"].partition("/api/v1/")[2]
    assert [one for rows in seen for one in rows] == everything
    assert len(seen) > 2
    back = auditor.get(page["previous"].partition("/api/v1/")[2]).json()
    assert [row["id"] for row in back["results"]] == seen[-2]


@pytest.mark.parametrize(
    ("query", "pointer"), [("text=!!", "/text"), ("since=yesterday", "/since"), ("actr=user:ada", "/actr")]
)
def test_a_filter_that_cannot_be_read_is_refused(log: Organization, auditor: Caller, query: str, pointer: str) -> None:
    answer = auditor.get(f"audit/?{query}")
    assert answer.status_code in (400, 422)
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_proof_holds_for_whoever_has_only_the_answer(log: Organization, auditor: Caller) -> None:
    for row in auditor.get("audit/?limit=200").json()["results"]:
        proof = auditor.get(f"audit/{row['id']}/proof/").json()
        said = opened(proof["checkpoint"]["note"], verifiers(log))
        path = [bytes.fromhex(one) for one in proof["path"]]
        assert verify_inclusion(leaf_hash(proof["body"].encode()), proof["seq"], said.size, path, said.root)
        assert proof["keys"] == [one.text() for one in verifiers(log)]
        assert (proof["holds"], proof["problem"], proof["seq"]) == (True, "", row["seq"])


def test_a_proof_is_made_by_the_checkpoint_that_is_named(log: Organization, auditor: Caller) -> None:
    oldest = auditor.get("audit/?limit=200").json()["results"][-1]
    proof = auditor.get(f"audit/{oldest['id']}/proof/?checkpoint=1").json()
    assert (proof["checkpoint"]["number"], proof["holds"]) == (1, True)
    newest = auditor.get("audit/?limit=1").json()["results"][0]
    assert auditor.get(f"audit/{newest['id']}/proof/?checkpoint=1").status_code == 409
    assert auditor.get(f"audit/{newest['id']}/proof/?checkpoint=99").status_code == 404


def test_a_record_that_is_not_sealed_has_no_proof_yet(log: Organization, auditor: Caller) -> None:
    write(log, Entry("Newest"))
    newest = auditor.get("audit/?limit=1").json()["results"][0]
    answer = auditor.get(f"audit/{newest['id']}/proof/")
    assert (answer.status_code, answer.json()["code"]) == (409, "audit-not-sealed")


def test_the_proof_of_a_changed_record_does_not_hold(log: Organization, auditor: Caller) -> None:
    event = AuditEvent.objects.get(kind="MemberAdded", stream="things")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_auditevent SET body = replace(body, 'bob', 'eve') WHERE id = %s", [event.pk])
    proof = auditor.get(f"audit/{event.pk}/proof/").json()
    assert not proof["holds"]
    assert "not what was sealed" in proof["problem"]


def test_checkpoints_are_listed_and_prove_that_the_log_only_grew(log: Organization, auditor: Caller) -> None:
    newer, older = auditor.get("audit/checkpoints/").json()["results"]
    assert (newer["number"], older["number"]) == (2, 1)
    assert auditor.get("audit/checkpoints/1/").json() == older
    growth = auditor.get(f"audit/consistency/?from={older['size']}&to={newer['size']}").json()
    path = [bytes.fromhex(one) for one in growth["path"]]
    before, after = (bytes.fromhex(one["root"]) for one in (older, newer))
    assert verify_consistency(older["size"], newer["size"], before, after, path)
    assert growth["holds"]
    assert auditor.get("audit/consistency/").json()["new"] == newer


@pytest.mark.parametrize(
    ("query", "status"), [("from=7777", 404), ("to=7777", 404), ("from=x", 422), ("from={big}&to={small}", 422)]
)
def test_sizes_that_make_no_sense_are_refused(log: Organization, auditor: Caller, query: str, status: int) -> None:
    big, small = (one["size"] for one in auditor.get("audit/checkpoints/").json()["results"])
    assert auditor.get(f"audit/consistency/?{query.format(big=big, small=small)}").status_code == status


def test_records_are_handed_out_as_json_lines_with_their_exact_bodies(log: Organization, auditor: Caller) -> None:
    answer = auditor.get("audit/export/?stream=things")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    lines = answer.getvalue().decode().splitlines()
    assert [json.loads(line)["record"]["kind"] for line in lines] == ["MemberAdded", "PolicyDecided"]
    for line in lines:
        event = AuditEvent.objects.get(pk=json.loads(line)["record"]["id"])
        assert f'"record":{event.body}}}' in line
        assert json.loads(line)["hash"] == event.hash
        assert json.loads(line)["checkpoint"] == 2


def test_records_are_handed_out_as_a_table(log: Organization, auditor: Caller) -> None:
    answer = auditor.get("audit/export/?format=csv&decision=deny")
    [row] = csv.DictReader(io.StringIO(answer.getvalue().decode()))
    assert (row["kind"], row["actor"], row["object"]) == ("PolicyDecided", "user:ada", "run:1/step:send")
    assert json.loads(row["data"])["outcome"] == "deny"


def test_no_cell_of_a_table_is_a_formula(log: Organization, auditor: Caller) -> None:
    write(log, Entry("Odd", {}, '=HYPERLINK("http://evil")'))
    answer = auditor.get("audit/export/?format=csv&kind=Odd")
    [row] = csv.DictReader(io.StringIO(answer.getvalue().decode()))
    assert row["object"] == '\'=HYPERLINK("http://evil")'


def test_that_records_were_handed_out_is_on_record(log: Organization, auditor: Caller) -> None:
    auditor.get("audit/export/?format=csv&agent=echo&since=2020-01-01T00:00:00Z").getvalue()
    event = AuditEvent.objects.get(kind="RecordsHandedOut")
    assert event.actor == "user:auditor"
    assert event.data["format"] == "csv"
    assert event.data["filters"] == {"agent": "echo", "since": "2020-01-01T00:00:00+00:00"}


def test_everything_is_verified_on_demand(log: Organization, auditor: Caller) -> None:
    report = auditor.post("audit/verify/").json()
    assert report["holds"]
    assert report["checked"] == AuditEvent.objects.filter(organization=log).count()
    event = AuditEvent.objects.get(kind="MemberAdded", stream="things")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_auditevent SET body = replace(body, 'bob', 'eve') WHERE id = %s", [event.pk])
    report = auditor.post("audit/verify/", {"stream": "things"}).json()
    assert not report["holds"]
    assert report["findings"][0]["id"] == str(event.pk)


@pytest.mark.parametrize(
    "path", ["audit/", "audit/export/", "audit/checkpoints/", "audit/consistency/", "audit/{id}/proof/"]
)
def test_a_reviewer_reads_none_of_it(log: Organization, reviewer: Caller, path: str) -> None:
    event = AuditEvent.objects.filter(organization=log).latest("id")
    assert reviewer.get(path.format(id=event.pk)).status_code == 403
    assert reviewer.post("audit/verify/").status_code == 403


def test_another_organizations_log_is_not_there(
    log: Organization, globex: Organization, calls: Callable[..., Caller]
) -> None:
    stranger = calls("auditor", organization=globex)
    event = AuditEvent.objects.filter(organization=log).latest("id")
    assert stranger.get(f"audit/{event.pk}/proof/").status_code == 404
    assert stranger.get("audit/checkpoints/2/").status_code == 404
    assert str(event.pk) not in stranger.get("audit/export/").getvalue().decode()
    assert stranger.get(f"audit/{new_id()}/").status_code == 404
