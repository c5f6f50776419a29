"""Who may do what, and that nobody sees what is another organization's."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import ApiToken, Membership, Organization
from coordination.accounts.services import create_token, revoke_token
from coordination.manifests.applying import apply
from coordination.manifests.reading import read
from coordination.runs.models import Run
from coordination.shared.clock import now
from tests.factories import make_member
from tests.integration.api.support import ASKING_WORLD, Caller

SOME_ID = "0192f000-0000-7000-8000-000000000000"
# (method, path, who may)
WRITES = [
    ("post", "runs/", {"manager"}),
    ("post", "runs/batch/", {"manager"}),
    ("post", f"runs/{SOME_ID}/cancel/", {"manager"}),
    ("post", f"runs/{SOME_ID}/steps/read/skip/", {"manager"}),
    ("post", f"approvals/{SOME_ID}/approve/", {"reviewer", "admin"}),
    ("post", f"approvals/{SOME_ID}/claim/", {"reviewer", "admin"}),
    ("post", "agents/", {"admin"}),
    ("put", "agents/echo/", {"admin"}),
    ("patch", "agents/echo/", {"admin"}),
    ("delete", "agents/echo/", {"admin"}),
    ("post", "agents/echo/suspend/", {"manager", "admin"}),
    ("put", "roles/worker/", {"admin"}),
    ("put", "tools/mail.send/", {"admin"}),
    ("put", "workflows/greet/", {"admin"}),
    ("post", "workflows/greet/publish/", {"admin"}),
    ("post", "triggers/", {"admin"}),
    ("put", "triggers/daily/", {"admin"}),
    ("delete", "triggers/daily/", {"admin"}),
    ("post", "triggers/daily/rotate/", {"admin"}),
    ("post", "triggers/daily/fire/", {"manager"}),
    ("put", "policies/careful/", {"admin"}),
    ("post", "policies/careful/rollback/", {"admin"}),
    ("post", "policies/careful/disable/", {"admin"}),
    ("post", "policies/careful/backtest/", {"admin"}),
    ("post", f"backtests/{SOME_ID}/cancel/", {"admin"}),
    ("post", f"backtests/{SOME_ID}/restart/", {"admin"}),
    ("put", "knowledge-bases/facts/", {"admin"}),
    ("post", "members/", {"admin"}),
    ("patch", "members/manager/", {"admin"}),
    ("delete", "members/nobody/", {"admin"}),
]


@pytest.mark.parametrize(("method", "path", "may"), WRITES)
@pytest.mark.parametrize("role", ["manager", "reviewer", "admin", "auditor"])
def test_only_the_right_role_writes(
    calls: Callable[..., Caller], role: str, method: str, path: str, may: set[str]
) -> None:
    caller = calls(role)
    answer = caller.delete(path) if method == "delete" else getattr(caller, method)(path, {})
    assert (answer.status_code != 403) == (role in may), answer.content
    if role not in may:
        assert answer.json()["code"] == "right-missing"


@pytest.mark.parametrize("role", ["manager", "reviewer", "admin", "auditor"])
def test_everyone_reads_but_the_audit_log_is_for_some(calls: Callable[..., Caller], role: str) -> None:
    caller = calls(role)
    for path in ("agents/", "runs/", "approvals/", "policies/", "decisions/", "members/", "tokens/", "memory/"):
        assert caller.get(path).status_code == 200, path
    assert (caller.get("audit/").status_code == 200) == (role != "reviewer")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Bearer co_unknown", "Basic YTpi"])
def test_without_a_live_token_the_answer_is_401(acme: Organization, header: str) -> None:
    answer = Client().get("/api/v1/runs/", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_token_dies_when_revoked_expired_or_its_owner_leaves(calls: Callable[..., Caller]) -> None:
    revoked, expired, left = calls("manager"), calls("admin"), calls("auditor")
    assert revoked.get("runs/").status_code == 200
    revoke_token(ApiToken.objects.get(user__username="manager"))
    ApiToken.objects.filter(user__username="admin").update(expires_at=now() - timedelta(seconds=1))
    left.member.delete()
    assert [caller.get("runs/").status_code for caller in (revoked, expired, left)] == [401, 401, 401]


def test_a_person_who_was_locked_out_is_locked_out_here(manager: Caller) -> None:
    manager.member.user.is_active = False
    manager.member.user.save()
    assert manager.get("runs/").status_code == 401


def test_scopes_narrow_a_token(calls: Callable[..., Caller]) -> None:
    narrow = calls("manager", scopes=("read",))
    assert narrow.get("runs/").status_code == 200
    refused = narrow.start()
    assert refused.status_code == 403
    assert refused.json()["code"] == "scope-missing"
    assert calls("manager", scopes=("run.start",)).get("runs/").status_code == 403


def test_a_scope_gives_no_right_that_its_owner_lacks(calls: Callable[..., Caller]) -> None:
    assert calls("manager", scopes=("agent.edit",)).put("agents/echo/", {}).status_code == 403


def test_a_session_works_and_needs_the_csrf_token_to_write(acme: Organization) -> None:
    member = make_member(acme, "manager", ["manager"])
    client = Client(enforce_csrf_checks=True)
    client.force_login(member.user)
    assert client.get("/api/v1/runs/").status_code == 200
    body = {"workflow": "greet", "input": {"message": "hi"}}
    refused = client.post("/api/v1/runs/", body, content_type="application/json")
    assert refused.status_code == 403
    assert refused.headers["Content-Type"] == "application/problem+json"
    client.cookies["csrftoken"] = token = "a" * 32
    started = client.post("/api/v1/runs/", body, content_type="application/json", headers={"X-CSRFToken": token})
    assert started.status_code == 201, started.content


def test_a_bearer_token_wins_over_a_session(acme: Organization, manager: Caller) -> None:
    auditor = make_member(acme, "auditor", ["auditor"])
    manager.client.force_login(auditor.user)
    assert manager.start().status_code == 201


@pytest.fixture
def foreign(acme: Organization, globex: Organization, manager: Caller, work: Callable[[str], Run]) -> dict[str, Any]:
    """Return what acme has, as seen by everyone's rights in globex."""
    run_id = manager.start().json()["id"]
    work(run_id)
    member = make_member(globex, "boss", ["manager", "reviewer", "admin", "auditor"])
    return {
        "boss": Caller(Client(), member, create_token(member, "test")[1]),
        "run": run_id,
        "approval": manager.get("approvals/").json()["results"][0]["id"],
        "decision": manager.get("decisions/").json()["results"][0]["id"],
        "record": manager.get("audit/").json()["results"][0]["id"],
        "token": manager.get("tokens/").json()["results"][0]["id"],
    }


FOREIGN = [
    ("get", "runs/{run}/"),
    ("get", "runs/{run}/explain/"),
    ("get", "runs/{run}/decisions/"),
    ("get", "runs/{run}/context/"),
    ("get", "runs/{run}/events/"),
    ("post", "runs/{run}/pause/"),
    ("post", "runs/{run}/resume/"),
    ("post", "runs/{run}/cancel/"),
    ("post", "runs/{run}/retry/"),
    ("post", "runs/{run}/steps/send/skip/"),
    ("post", "runs/{run}/steps/send/override/"),
    ("post", "runs/{run}/steps/send/retry/"),
    ("get", "approvals/{approval}/"),
    ("post", "approvals/{approval}/claim/"),
    ("post", "approvals/{approval}/approve/"),
    ("post", "approvals/{approval}/reject/"),
    ("post", "approvals/{approval}/edit/"),
    ("post", "approvals/{approval}/request-info/"),
    ("post", "approvals/{approval}/delegate/"),
    ("post", "approvals/{approval}/escalate/"),
    ("get", "decisions/{decision}/"),
    ("get", "audit/{record}/"),
    ("get", "tokens/{token}/"),
    ("delete", "tokens/{token}/"),
    ("get", "members/manager/"),
    ("patch", "members/manager/"),
    ("delete", "members/manager/"),
    *[
        (method, f"{plural}/{name}/{action}")
        for plural, name in (
            ("agents", "echo"),
            ("roles", "worker"),
            ("tools", "mail.send"),
            ("workflows", "greet"),
            ("policies", "careful"),
        )
        for method, action in (("get", ""), ("get", "versions/"), ("patch", ""), ("delete", ""))
    ],
    ("post", "agents/echo/suspend/"),
    ("post", "agents/echo/resume/"),
    ("post", "workflows/greet/publish/"),
    ("post", "policies/careful/publish/"),
    ("post", "policies/careful/rollback/"),
    ("post", "policies/careful/disable/"),
]
BODIES = {
    "skip/": {"reason": "x"},
    "override/": {"output": {}, "reason": "x"},
    "suspend/": {"reason": "x"},
    "edit/": {"reason": "x", "revision": 1, "parameters": {"text": "y"}},
    "delegate/": {"reason": "x", "revision": 1, "to": "boss"},
    "rollback/": {"version": 1},
    **{verdict: {"reason": "x", "revision": 1} for verdict in ("approve/", "reject/", "request-info/", "escalate/")},
}


@pytest.mark.parametrize(("method", "path"), FOREIGN)
def test_what_another_organization_owns_is_not_found(foreign: dict[str, Any], method: str, path: str) -> None:
    boss = foreign["boss"]
    address = path.format(**foreign)
    body = next((body for end, body in BODIES.items() if path.endswith(end)), {})
    answer = getattr(boss, method)(address) if method in ("get", "delete") else getattr(boss, method)(address, body)
    assert answer.status_code == 404, answer.content


def test_lists_hold_nothing_of_another_organization(foreign: dict[str, Any]) -> None:
    boss = foreign["boss"]
    for plural in ("agents", "roles", "tools", "workflows", "policies", "runs", "approvals", "decisions", "memory"):
        assert boss.get(f"{plural}/").json()["results"] == [], plural
    assert [member["username"] for member in boss.get("members/").json()["results"]] == ["boss"]
    assert {record["object"] for record in boss.get("audit/").json()["results"]} == set()
    assert boss.get(f"decisions/?run={foreign['run']}").json()["results"] == []
    assert boss.get(f"audit/?stream=run:{foreign['run']}").json()["results"] == []


def test_the_same_names_in_two_organizations_stay_apart(
    foreign: dict[str, Any], globex: Organization, admin: Caller
) -> None:
    apply(globex, read(ASKING_WORLD), SYSTEM)
    boss = foreign["boss"]
    assert boss.post("agents/echo/suspend/", {"reason": "Ours."}).json()["status"] == "suspended"
    assert admin.get("agents/echo/").json()["status"] == "active"


def test_a_member_of_two_organizations_is_in_the_one_of_the_token(
    acme: Organization, globex: Organization, manager: Caller
) -> None:
    manager.start()
    there = Membership.objects.create(organization=globex, user=manager.member.user, roles=["manager"])
    other = Caller(Client(), there, create_token(there, "test")[1])
    assert other.get("runs/").json()["results"] == []
    assert len(manager.get("runs/").json()["results"]) == 1
