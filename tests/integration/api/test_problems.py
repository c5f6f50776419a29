"""Every error is a problem that says what is wrong and where, and never how the inside looks."""

from typing import Any

import pytest
from django.db import OperationalError

from coordination.api import runs
from tests.integration.api.support import Caller


def raw(caller: Caller, body: bytes | str, path: str = "runs/", content_type: str = "application/json") -> Any:
    headers = {"Authorization": f"Bearer {caller.token}"}
    return caller.client.post(f"/api/v1/{path}", body, content_type=content_type, headers=headers)


def test_a_problem_has_its_members_and_its_type(manager: Caller) -> None:
    answer = manager.get("runs/0192f000-0000-7000-8000-000000000000/")
    assert answer.headers["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert said["type"] == "urn:coordination:problem:run-unknown"
    assert (said["status"], said["title"], said["code"]) == (404, "Not Found", "run-unknown")
    assert said["errors"] == []


@pytest.mark.parametrize("path", ["nothing/", "runs/not-an-id/", "runs/1/2/3/", "agents/x%00y/", "schemas/Nothing"])
def test_what_is_not_there_is_a_problem_too(manager: Caller, path: str) -> None:
    answer = manager.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_missing_last_slash_is_added_without_losing_the_body(manager: Caller) -> None:
    answer = manager.post("runs", {"workflow": "greet"})
    assert answer.status_code == 308
    assert answer.headers["Location"] == "/api/v1/runs/"


def test_the_wrong_method_is_told_with_the_right_ones(manager: Caller) -> None:
    answer = manager.delete("audit/")
    assert answer.status_code in (403, 405)
    answer = manager.put("runs/", {})
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{", "line 1"),
        ('{"workflow": "greet", "workflow": "x"}', "'workflow' twice"),
        ('{"priority": NaN}', "NaN is not JSON"),
        ('{"priority": 12345678901234567890}', "too large"),
        ('{"priority": 1e999}', "too large"),
        (b'{"title": "\xff"}', "UTF-8"),
        ('{"title": "\\u0000"}', "NUL"),
        ('{"title": "\\ud800"}', "UTF-8"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_not_json_is_refused(manager: Caller, body: bytes | str, why: str) -> None:
    answer = raw(manager, body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed"
    assert why in answer.json()["detail"]


def test_another_media_type_is_refused(manager: Caller) -> None:
    assert raw(manager, "a: 1", content_type="application/yaml").status_code == 415


def test_a_body_that_is_no_object_is_refused(manager: Caller) -> None:
    assert raw(manager, "[1, 2]").status_code == 422


def test_a_large_body_is_refused(manager: Caller, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    answer = manager.post("runs/", {"workflow": "greet", "input": {"message": "x" * 2_000}})
    assert answer.status_code == 413
    assert answer.json()["code"] == "too-large"


def test_an_unknown_field_is_refused_with_the_one_that_was_meant(manager: Caller) -> None:
    answer = manager.post("runs/", {"workflo": "greet", "workflow": "greet"})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["suggestion"]) == ("/workflo", "workflow")


def test_a_missing_field_is_told(manager: Caller) -> None:
    answer = manager.post("runs/", {})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/workflow"


@pytest.mark.parametrize(
    ("path", "needle"),
    [
        ("runs/?status=flying", "flying"),
        ("runs/?statsu=running", "statsu"),
        ("approvals/?assigned=you", "you"),
        ("agents/?status=tired", "tired"),
        ("decisions/?outcome=perhaps", "perhaps"),
        ("decisions/?run=1", "UUID"),
        ("runs/?q=%00", "Null"),
        ("tokens/?mine=yes", "mine"),
        ("roles/worker/versions/?x=1", "x"),
    ],
)
def test_an_unknown_filter_or_value_is_refused(manager: Caller, path: str, needle: str) -> None:
    answer = manager.get(path)
    assert answer.status_code == 422, answer.content
    assert needle in answer.json()["detail"]


def test_a_cursor_of_nobody_is_refused(manager: Caller) -> None:
    assert manager.get("runs/?cursor=%C3%A4bc").status_code == 404


def test_the_unexpected_is_told_by_reference_only(
    manager: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("the secret inside")

    monkeypatch.setattr(runs.selectors, "get_run", explode)
    answer = manager.get("runs/0192f000-0000-7000-8000-000000000000/")
    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()
    reference = answer.json()["reference"]
    assert reference in answer.json()["detail"]
    assert any(reference in record.getMessage() and record.exc_info for record in caplog.records)


def test_a_database_that_is_away_is_told(manager: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("no route")

    monkeypatch.setattr(runs.selectors, "get_run", away)
    answer = manager.get("runs/0192f000-0000-7000-8000-000000000000/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"


def test_a_value_too_long_for_the_database_is_not_our_failure(admin: Caller) -> None:
    answer = admin.put("roles/long/", {"metadata": {"name": "long", "title": "x" * 500}, "spec": {}})
    assert answer.status_code == 422
