"""The library of policies over the API."""

from coordination.policies.library import entries
from coordination.policies.models import Policy
from tests.integration.api.support import Caller

LIBRARY = "policy-library/"


def test_all_policies_of_the_library_are_listed(auditor: Caller) -> None:
    answer = auditor.get(LIBRARY).json()

    assert [one["name"] for one in answer["results"]] == [entry.name for entry in entries()]
    assert answer["next"] is answer["previous"] is None
    first = next(one for one in answer["results"] if one["name"] == "spend-per-action")
    assert first["topic"] == "spending"
    assert first["effects"] == ["require_approval", "deny"]
    assert "OWASP ASI02" in first["tags"]
    assert (first["tests"], first["installed"]) == (6, [])


def test_they_are_listed_by_topic_and_by_framework(auditor: Caller) -> None:
    money = auditor.get(f"{LIBRARY}?topic=spending").json()["results"]
    law = auditor.get(f"{LIBRARY}?framework=EU AI Act&topic=spending").json()["results"]

    assert {one["topic"] for one in money} == {"spending"}
    assert 0 < len(law) < len(money)
    assert auditor.get(f"{LIBRARY}?topic=weather").status_code == 422
    assert auditor.get(f"{LIBRARY}?tpic=spending").status_code == 422


def test_one_is_read_with_its_manifest(auditor: Caller) -> None:
    answer = auditor.get(f"{LIBRARY}spend-per-action/").json()

    assert answer["manifest"]["spec"]["rules"][0]["tests"][0]["given"]["action.amount"] == 250
    assert auditor.get(f"{LIBRARY}nothing/").json()["code"] == "library-policy-unknown"


def test_one_is_taken_as_a_draft(admin: Caller) -> None:
    answer = admin.post(f"{LIBRARY}spend-per-action/install/", {"name": "limits", "owner": "finance"})

    assert answer.status_code == 201
    assert answer.headers["Location"] == "/api/v1/policies/limits/"
    said = answer.json()
    assert (said["metadata"]["name"], said["spec"]["owner"], said["status"]) == ("limits", "finance", "draft")
    assert said["enforced_version"] is None
    assert admin.get(f"{LIBRARY}spend-per-action/").json()["installed"] == ["limits"]
    assert admin.get("policies/?label=library=spend-per-action").json()["results"][0]["metadata"]["name"] == "limits"


def test_taking_one_twice_is_refused_until_it_has_another_name(admin: Caller) -> None:
    admin.post(f"{LIBRARY}spend-per-action/install/", {})

    again = admin.post(f"{LIBRARY}spend-per-action/install/", {})
    assert (again.status_code, again.json()["code"]) == (409, "name-taken")
    wrong = admin.post(f"{LIBRARY}spend-per-action/install/", {"name": "No Name"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/metadata/name")
    assert admin.post(f"{LIBRARY}nothing/install/", {}).status_code == 404


def test_only_who_edits_policies_takes_one(manager: Caller, auditor: Caller) -> None:
    for caller in (manager, auditor):
        assert caller.post(f"{LIBRARY}spend-per-action/install/", {}).status_code == 403
    assert not Policy.objects.filter(name="spend-per-action").exists()
