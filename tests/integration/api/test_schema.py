"""The API described by itself."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator
from referencing.exceptions import Unresolvable

from coordination.manifests.kinds import KINDS
from tests.factories import make_member
from tests.integration.api.support import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def document() -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/api/v1/openapi.json").json()
    return found


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "coordination"


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            assert part in found, reference
            found = found[part]


def test_every_operation_has_its_own_name_and_tells_its_problems(document: dict[str, Any]) -> None:
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all("default" in operation["responses"] for operation in operations)
    assert all(operation.get("description") for operation in operations)


@pytest.mark.parametrize(
    "path",
    [
        "agents/{name}/suspend/",
        "workflows/{name}/publish/",
        "policies/{name}/rollback/",
        "runs/{run_id}/steps/{step}/override/",
        "runs/{run_id}/explain/",
        "approvals/{approval_id}/request-info/",
        "knowledge-bases/{name}/versions/",
        "audit/",
        "members/",
    ],
)
def test_the_contract_is_in_it(document: dict[str, Any], path: str) -> None:
    assert f"/api/v1/{path}" in document["paths"]


def test_each_post_can_carry_an_idempotency_key(document: dict[str, Any]) -> None:
    posts = [methods["post"] for methods in document["paths"].values() if "post" in methods]
    assert posts
    assert all("Idempotency-Key" in [p["name"] for p in post["parameters"]] for post in posts)


def test_its_parts_are_json_schemas(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        try:
            Draft202012Validator.check_schema(schema)
        except Unresolvable:
            pytest.fail(f"{name} refers to nothing")


def test_an_answer_is_what_it_says(document: dict[str, Any], manager: Caller) -> None:
    started = manager.start().json()
    operation = document["paths"]["/api/v1/runs/"]["post"]
    schema = operation["responses"]["201"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(started)


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("end", ["", "/"])
def test_each_kind_has_its_schema(kind: str, end: str) -> None:
    answer = Client().get(f"/api/v1/schemas/{kind}{end}")
    assert answer.headers["Content-Type"] == "application/schema+json"
    Draft202012Validator.check_schema(answer.json())


def test_the_page_needs_no_script_and_no_style_of_its_own(admin: Caller) -> None:
    anonymous = Client().get("/api/docs/")
    admin.client.force_login(admin.member.user)
    signed_in = admin.client.get("/api/docs/")
    for answer in (anonymous, signed_in):
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "/api/v1/runs/{run_id}/explain/" in text
        assert not re.search(
            r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://(?!testserver)[^<\"]*\.(js|css)", text
        )
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert 'class="nav"' not in anonymous.content.decode()
    assert 'class="nav"' in signed_in.content.decode()


def test_someone_without_an_organization_can_read_it(db: None, admin: Caller) -> None:
    stranger = make_member(admin.member.organization, "stranger")
    user = stranger.user
    stranger.delete()
    client = Client()
    client.force_login(user)
    assert client.get("/api/docs/").status_code == 200
