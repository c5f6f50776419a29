"""Tokens and members, and the record that each change leaves."""

from collections.abc import Callable

from django.test import Client

from coordination.accounts.models import User
from coordination.audit.models import AuditEvent
from tests.integration.api.support import Caller


def kinds() -> list[str]:
    return list(AuditEvent.objects.filter(stream="accounts").order_by("stream_no").values_list("kind", flat=True))


def test_a_token_is_shown_once_works_and_is_revoked(manager: Caller) -> None:
    made = manager.post("tokens/", {"name": "ci", "scopes": ["read"]})
    assert made.status_code == 201
    token = made.json()
    assert token["token"].startswith(token["prefix"])
    listed = manager.get("tokens/").json()["results"]
    assert all("token" not in row for row in listed)
    ci = Caller(Client(), manager.member, token["token"])
    assert ci.get("runs/").status_code == 200
    assert manager.get(f"tokens/{token['id']}/").json()["last_used_at"] is not None
    assert manager.delete(f"tokens/{token['id']}/").status_code == 204
    assert manager.delete(f"tokens/{token['id']}/").status_code == 204
    assert ci.get("runs/").status_code == 401
    assert kinds() == ["TokenCreated", "TokenRevoked"]
    assert token["token"] not in "".join(AuditEvent.objects.values_list("body", flat=True))


def test_a_token_cannot_make_a_stronger_one(calls: Callable[..., Caller]) -> None:
    narrow = calls("manager", scopes=("read", "token.create"))
    assert narrow.post("tokens/", {"name": "x", "scopes": ["run.start"]}).status_code == 403
    assert narrow.post("tokens/", {"name": "x"}).json()["scopes"] == ["read", "token.create"]


def test_wrong_tokens_are_refused(manager: Caller) -> None:
    assert manager.post("tokens/", {"name": "x", "scopes": ["fly"]}).json()["errors"][0]["pointer"] == "/scopes/0"
    assert manager.post("tokens/", {"name": "x", "expires_at": "2001-01-01T00:00:00Z"}).status_code == 422


def test_tokens_of_others_are_theirs(manager: Caller, admin: Caller) -> None:
    token_id = manager.post("tokens/", {"name": "ci"}).json()["id"]
    assert admin.delete(f"tokens/{token_id}/").status_code == 404
    assert "ci" not in [row["name"] for row in admin.get("tokens/").json()["results"]]


def test_a_member_is_added_changed_and_removed(admin: Caller) -> None:
    body = {"username": "ada", "roles": ["reviewer"], "groups": ["support"], "password": "correct horse"}
    assert admin.post("members/", body).status_code == 201
    assert User.objects.get(username="ada").check_password("correct horse")
    assert admin.post("members/", body).json()["code"] == "already-member"
    changed = admin.patch("members/ada/", {"roles": ["auditor"]}).json()
    assert (changed["roles"], changed["groups"]) == (["auditor"], ["support"])
    assert admin.patch("members/ada/", {"roles": ["emperor"]}).status_code == 422
    assert admin.delete("members/ada/").status_code == 204
    assert admin.get("members/ada/").status_code == 404
    assert kinds() == ["MemberAdded", "MemberChanged", "MemberRemoved"]


def test_adding_someone_who_has_an_account_leaves_their_password_alone(admin: Caller) -> None:
    User.objects.create_user("ada", password="her own")
    admin.post("members/", {"username": "ada", "roles": ["reviewer"], "password": "another"})
    assert User.objects.get(username="ada").check_password("her own")


def test_the_last_admin_stays(admin: Caller) -> None:
    assert admin.patch("members/admin/", {"roles": ["manager"]}).json()["code"] == "last-admin"
    assert admin.delete("members/admin/").json()["code"] == "last-admin"
