"""Agents, roles, tools, workflows, policies and knowledge bases by name."""

from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.audit.models import AuditEvent
from coordination.policies import services
from coordination.policies.models import Policy
from tests.integration.api.support import Caller

SPECS: dict[str, dict[str, Any]] = {
    "agents": {"role": "worker", "capabilities": ["work"], "adapter": {"python": "tests.acting.echo"}},
    "roles": {"capabilities": ["work"]},
    "tools": {"adapter": {"http": {"url": "https://tools.test/x"}}},
    "workflows": {"steps": [{"id": "one", "set": {"x": 1}}]},
    "policies": {"rules": [{"key": "a", "statement": "S.", "when": "true", "effect": "allow"}]},
    "knowledge-bases": {"documents": [{"key": "a", "text": "Text."}]},
}


@pytest.mark.parametrize("plural", SPECS)
def test_a_thing_is_made_read_changed_and_removed(admin: Caller, plural: str) -> None:
    body = {"metadata": {"name": "new", "title": "New"}, "spec": SPECS[plural]}
    made = admin.post(f"{plural}/", body)
    assert made.status_code == 201, made.content
    assert made.headers["Location"] == f"/api/v1/{plural}/new/"
    assert made.json()["apiVersion"] == "coordination/v1"
    assert made.json()["metadata"]["title"] == "New"
    assert made.json()["status"] in {"active", "draft"}

    assert admin.post(f"{plural}/", body).status_code == 409
    read = admin.get(f"{plural}/new/").json()
    assert read == made.json()
    # What was read can be sent back.
    same = admin.put(f"{plural}/new/", read)
    assert same.status_code == 200, same.content
    assert same.json()["version"] == read["version"]

    amended = admin.patch(f"{plural}/new/", {"metadata": {"title": "Newer"}})
    assert amended.json()["metadata"] == {"name": "new", "title": "Newer", "description": "", "labels": {}}
    assert "new" in [thing["metadata"]["name"] for thing in admin.get(f"{plural}/").json()["results"]]
    assert admin.get(f"{plural}/new/versions/").json()["results"][-1]["number"] == 1

    assert admin.delete(f"{plural}/new/").status_code == 204
    assert admin.get(f"{plural}/new/").status_code == 404
    assert AuditEvent.objects.filter(kind__endswith="Removed").count() == 1


@pytest.mark.parametrize("plural", SPECS)
def test_a_slip_is_told_with_its_path(admin: Caller, plural: str) -> None:
    refused = admin.put(f"{plural}/new/", {"metadata": {"name": "new", "tilte": "x"}, "spec": {"stepz": 1}})
    assert refused.status_code == 422
    said = {error["pointer"]: error for error in refused.json()["errors"]}
    assert said["/metadata/tilte"]["suggestion"] == "title"
    assert "/spec/stepz" in said


def test_the_address_names_the_thing(admin: Caller) -> None:
    wrong = admin.put("roles/one/", {"metadata": {"name": "two"}, "spec": {}})
    assert wrong.json()["errors"][0]["pointer"] == "/metadata/name"
    wrong = admin.put("roles/one/", {"kind": "Agent", "metadata": {"name": "one"}, "spec": {}})
    assert wrong.json()["errors"][0]["pointer"] == "/kind"
    assert admin.put("roles/one/", {"metadata": {}, "spec": {}}).status_code == 201


@pytest.mark.parametrize("body", [[], [1], {"metadata": [], "spec": {}}, {"spec": []}, {}])
def test_what_is_no_manifest_is_refused(admin: Caller, body: Any) -> None:
    assert admin.put("roles/one/", body).status_code == 422


def test_suspending_and_resuming(admin: Caller) -> None:
    assert admin.post("agents/echo/suspend/", {}).status_code == 422
    suspended = admin.post("agents/echo/suspend/", {"reason": "It rambles."}).json()
    assert (suspended["status"], suspended["status_reason"]) == ("suspended", "It rambles.")
    assert admin.post("agents/echo/suspend/", {"reason": "Again."}).json()["code"] == "already-suspended"
    assert [a["metadata"]["name"] for a in admin.get("agents/?status=suspended").json()["results"]] == ["echo"]
    assert admin.post("agents/echo/resume/").json()["status"] == "active"


def test_agents_are_filtered(admin: Caller) -> None:
    def names(query: str) -> list[str]:
        return [agent["metadata"]["name"] for agent in admin.get(f"agents/?{query}").json()["results"]]

    assert names("capability=work") == names("label=team") == names("label=team=support") == names("role=worker")
    assert names("capability=work") == ["echo"]
    assert names("label=team=sales") == names("capability=rest") == []


def test_a_role_that_is_played_stays(admin: Caller) -> None:
    refused = admin.delete("roles/worker/")
    assert (refused.status_code, refused.json()["code"]) == (409, "role-in-use")


def test_a_workflow_is_a_draft_until_it_is_published(admin: Caller, manager: Caller) -> None:
    admin.patch("workflows/greet/", {"spec": {"title": "Greeting of ${input.message}"}})
    draft = admin.get("workflows/greet/").json()
    assert (draft["status"], draft["version"], draft["live_version"]) == ("draft", 2, 1)
    published = admin.post("workflows/greet/publish/").json()
    assert (published["status"], published["live_version"]) == ("published", 2)
    assert manager.start("Ada").json()["title"] == "Greeting of Ada"
    assert admin.post("workflows/greet/publish/", {"version": 1}).json()["live_version"] == 1
    assert admin.post("workflows/greet/publish/", {"version": 9}).status_code == 404
    assert [v["number"] for v in admin.get("workflows/greet/versions/").json()["results"]] == [2, 1]


def test_a_workflow_with_runs_stays(admin: Caller, manager: Caller) -> None:
    manager.start()
    refused = admin.delete("workflows/greet/")
    assert (refused.status_code, refused.json()["code"]) == (409, "workflow-in-use")
    assert admin.get("workflows/greet/").json()["live_version"] == 1


def test_validating_saves_nothing(admin: Caller) -> None:
    wrong = {"spec": {"steps": [{"id": "one", "needs": ["two"], "set": {}}]}, "metadata": {"name": "greet"}}
    told = admin.post("workflows/greet/validate/", wrong).json()
    assert told["valid"] is False
    assert told["errors"][0]["pointer"] == "/spec/steps/0/needs/0"
    assert admin.post("workflows/greet/validate/").json() == {"valid": True, "errors": []}
    assert admin.get("workflows/greet/").json()["version"] == 1


def test_a_workflow_in_yaml_is_told_line_and_column(admin: Caller) -> None:
    text = """\
metadata: {}
spec:
  input: {type: object, properties: {amount: {type: number}}}
  steps:
    - id: pay
      agent: {capability: pay}
      when: >-
        ${has(input.amount) &&
        input.amout > 5}
    - id: say
      agnet: {capability: work}
"""
    told = _validated(admin, text).json()
    assert told == {
        "valid": False,
        "errors": [
            {
                "pointer": "/spec/steps/0/agent/capability",
                "message": "no agent has the capability pay",
                "line": 6,
                "column": 15,
            },
            {
                "pointer": "/spec/steps/0/when",
                "message": "input has no field amout",
                "suggestion": "amount",
                "line": 9,
                "column": 15,
            },
            {
                "pointer": "/spec/steps/1/agnet",
                "message": "unknown field agnet",
                "suggestion": "agent",
                "line": 11,
                "column": 7,
            },
        ],
    }
    assert _validated(admin, "metadata: {}\nspec: {steps: [{id: a, agent: {name: echo}}]}").json() == {
        "valid": True,
        "errors": [],
    }
    assert admin.get("workflows/greet/").json()["version"] == 1


@pytest.mark.parametrize("media_type", ["application/yaml", "application/x-yaml; charset=utf-8", "text/yaml"])
def test_what_is_no_workflow_in_yaml_is_told_too(admin: Caller, media_type: str) -> None:
    def told(body: str | bytes) -> dict[str, Any]:
        (error,) = _validated(admin, body, media_type).json()["errors"]
        return dict(error)

    assert told("spec: [a")["line"] == 2
    assert "UTF-8" in told(b"\xff\xfe")["message"]
    assert "one manifest" in told("a: 1\n---\nb: 2\n")["message"]
    assert told("- a")["message"].startswith("a manifest is an object")
    assert told("kind: Agent\nmetadata: {}\nspec: {}")["pointer"] == "/kind"
    assert told("metadata: {name: other}\nspec: {}") == {
        "pointer": "/metadata/name",
        "message": "the address says greet; a thing cannot be renamed",
        "suggestion": "greet",
        "line": 1,
        "column": 12,
    }


def test_validating_asks_whether_all_is_there_and_saving_a_draft_does_not(admin: Caller) -> None:
    body = {"metadata": {"name": "new"}, "spec": {"steps": [{"id": "a", "action": {"tool": "fax"}}]}}
    assert [one["pointer"] for one in admin.post("workflows/new/validate/", body).json()["errors"]] == [
        "/spec/steps/0/action/tool"
    ]
    assert admin.post("workflows/", body).status_code == 201
    refused = admin.post("workflows/new/publish/")
    assert (refused.status_code, refused.json()["code"]) == (422, "manifest-invalid")
    assert refused.json()["errors"][0]["message"] == "there is no tool fax"
    assert admin.get("workflows/new/").json()["live_version"] is None


def test_only_validating_takes_yaml(admin: Caller) -> None:
    assert (
        admin.client.put(
            "/api/v1/workflows/greet/",
            "spec: {}",
            "application/yaml",
            headers={"Authorization": f"Bearer {admin.token}"},
        ).status_code
        == 415
    )


def _validated(caller: Caller, body: str | bytes, media_type: str = "application/yaml") -> Any:
    address, headers = "/api/v1/workflows/greet/validate/", {"Authorization": f"Bearer {caller.token}"}
    return caller.client.post(address, body, content_type=media_type, headers=headers)


def test_a_policy_is_enforced_rolled_back_and_ended_by_others(admin: Caller) -> None:
    rule = admin.get("policies/careful/").json()["spec"]["rules"][0]
    admin.patch("policies/careful/", {"spec": {"rules": [{**rule, "statement": "Two people read."}]}})
    assert admin.get("policies/careful/").json()["status"] == "draft"
    assert admin.post("policies/careful/publish/").json()["enforced_version"] == 2
    back = admin.post("policies/careful/rollback/", {"version": 1}).json()
    assert (back["enforced_version"], back["spec"]["rules"][0]["statement"]) == (3, "A person reads what we send.")
    assert admin.delete("policies/careful/").json()["code"] == "once-enforced"
    assert admin.post("policies/careful/disable/").json()["code"] == "review-required"
    services.disable(Policy.objects.get(name="careful"), SYSTEM)
    assert admin.get("policies/?enforced=true").json()["results"] == []


def test_a_policy_that_does_not_compile_is_refused_with_line_and_column(admin: Caller) -> None:
    rule = {"key": "a", "statement": "S.", "when": "action.amuont > 5.0", "effect": "deny"}
    refused = admin.put("policies/new/", {"metadata": {"name": "new"}, "spec": {"rules": [rule]}})
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["line"]) == ("/spec/rules/0/when", 1)


def test_a_list_of_knowledge_bases_leaves_the_documents_out(admin: Caller) -> None:
    admin.put("knowledge-bases/facts/", {"metadata": {"name": "facts"}, "spec": SPECS["knowledge-bases"]})
    (listed,) = admin.get("knowledge-bases/").json()["results"]
    assert (listed["spec"], listed["documents"]) == ({}, 1)
    assert admin.get("knowledge-bases/facts/").json()["spec"]["documents"][0]["text"] == "Text."
