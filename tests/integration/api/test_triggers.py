"""Triggers through the API."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from coordination.api.schema import document
from tests.integration.api.support import Caller

DAILY = {
    "name": "daily",
    "workflow": "greet",
    "kind": "cron",
    "spec": {"cron": "0 9 * * 1-5", "time_zone": "Europe/Berlin"},
    "input": {"message": "Good morning"},
}


def test_a_trigger_is_made_read_changed_and_removed(admin: Caller) -> None:
    made = admin.post("triggers/", DAILY)
    assert made.status_code == 201, made.content
    assert made.headers["Location"] == "/api/v1/triggers/daily/"
    said = made.json()
    assert (said["catch_up"], said["overlap"], said["status"], said["hook"]) == ("last", "skip", "active", None)
    assert said["next_at"] is not None
    again = admin.post("triggers/", DAILY)
    assert (again.status_code, again.json()["code"]) == (409, "name-taken")

    read = admin.get("triggers/daily/").json()
    assert read == {name: value for name, value in said.items() if name != "secret"}
    # What was read can be sent back.
    assert admin.put("triggers/daily/", read).json()["version"] == 1
    amended = admin.patch("triggers/daily/", {"title": "Every morning", "spec": {"cron": "0 8 * * *"}}).json()
    assert (amended["title"], amended["spec"]["time_zone"], amended["version"]) == ("Every morning", "Europe/Berlin", 2)
    assert [one["name"] for one in admin.get("triggers/?kind=cron&workflow=greet").json()["results"]] == ["daily"]
    assert admin.get("triggers/?kind=webhook").json()["results"] == []

    assert admin.delete("triggers/daily/").status_code == 204
    gone = admin.get("triggers/daily/")
    assert (gone.status_code, gone.json()["code"]) == (404, "trigger-unknown")


def test_a_put_makes_what_is_not_there(admin: Caller) -> None:
    said = {name: value for name, value in DAILY.items() if name != "name"}
    assert admin.put("triggers/daily/", said).status_code == 201
    assert admin.put("triggers/daily/", said).status_code == 200
    other = admin.put("triggers/daily/", {**said, "name": "nightly"})
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/name")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"spec": {"cron": "0 25 * * *"}}, "/spec/cron"),
        ({"spec": {"corn": "0 9 * * *"}}, "/spec/corn"),
        ({"workflow": "nothing"}, "/workflow"),
        ({"kind": "hourly"}, "/kind"),
        ({"titel": "x"}, "/titel"),
        ({"priority": "much"}, "/priority"),
        ({"spec": []}, "/spec"),
        ({"input": "x"}, "/input"),
        ({"name": "No"}, "/name"),
        ({"name": 7}, "/name"),
    ],
)
def test_a_slip_is_told_with_its_path(admin: Caller, change: dict[str, Any], pointer: str) -> None:
    refused = admin.post("triggers/", {**DAILY, **change})
    assert refused.status_code == 422
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]


@pytest.mark.parametrize("body", [[], {}, {"name": ["x"]}, {"kind": {}}])
def test_what_is_no_trigger_is_refused(admin: Caller, body: Any) -> None:
    assert admin.post("triggers/", body).status_code == 422
    assert admin.put("triggers/x/", body).status_code == 422


def test_a_webhooks_secret_is_shown_once(admin: Caller) -> None:
    hook = {"name": "orders", "workflow": "greet", "kind": "webhook", "input": {"message": "${event.body.text}"}}
    made = admin.post("triggers/", hook, Idempotency_Key="k").json()
    assert made["secret"].startswith("whs_")
    assert made["hook"].startswith("/hooks/")
    assert made["spec"] == {"per_minute": 60}
    assert "secret" not in admin.post("triggers/", hook, Idempotency_Key="k").json()
    assert "whs_" not in admin.get("triggers/").content.decode()
    rotated = admin.post("triggers/orders/rotate/", {})
    assert rotated.json()["secret"].startswith("whs_")
    assert rotated.json()["secret"] != made["secret"]


def test_a_trigger_is_paused_and_resumed(admin: Caller) -> None:
    admin.post("triggers/", DAILY)
    paused = admin.post("triggers/daily/pause/", {"reason": "holiday"}).json()
    assert (paused["status"], paused["next_at"]) == ("paused", None)
    assert admin.post("triggers/daily/pause/", {}).json()["code"] == "already-paused"
    assert admin.get("triggers/?status=paused").json()["results"][0]["name"] == "daily"
    assert admin.post("triggers/daily/resume/", {}).json()["status"] == "active"
    assert admin.post("triggers/daily/rotate/", {}).json()["code"] == "not-a-webhook"


def test_a_manager_fires_by_hand_and_sees_what_came_of_it(admin: Caller, manager: Caller) -> None:
    admin.post("triggers/", {**DAILY, "input": {"message": "${event.note}"}})
    refused = manager.post("triggers/daily/fire/", {})
    assert (refused.status_code, refused.json()["state"]) == (202, "refused")
    fired = manager.post("triggers/daily/fire/", {"event": {"note": "hello"}}).json()
    assert manager.get(f"runs/{fired['run']}/").json()["input"] == {"message": "hello"}
    found = manager.get("triggers/daily/firings/").json()["results"]
    assert [one["state"] for one in found] == ["started", "refused"]
    assert "note" in found[1]["reason"]


def test_who_may_do_what(admin: Caller, manager: Caller, auditor: Caller, reviewer: Caller) -> None:
    admin.post("triggers/", DAILY)
    for caller in (manager, auditor, reviewer):
        assert caller.get("triggers/").json()["results"][0]["name"] == "daily"
        assert caller.get("triggers/daily/firings/").status_code == 200
        assert caller.post("triggers/", {**DAILY, "name": "mine"}).status_code == 403
        assert caller.put("triggers/daily/", DAILY).status_code == 403
        assert caller.delete("triggers/daily/").status_code == 403
        for act in ("pause", "resume", "rotate"):
            assert caller.post(f"triggers/daily/{act}/", {}).status_code == 403
    # An admin says what runs when; starting a run is a manager's.
    fired = [caller.post("triggers/daily/fire/", {}).status_code for caller in (admin, auditor, manager)]
    assert fired == [403, 403, 202]


def test_an_answer_is_what_it_says(admin: Caller, manager: Caller) -> None:
    answers = {
        ("/api/v1/triggers/", "post", "201"): admin.post("triggers/", DAILY).json(),
        ("/api/v1/triggers/{name}/", "get", "200"): admin.get("triggers/daily/").json(),
        ("/api/v1/triggers/", "get", "200"): admin.get("triggers/").json(),
        ("/api/v1/triggers/{name}/fire/", "post", "202"): manager.post("triggers/daily/fire/", {}).json(),
        ("/api/v1/triggers/{name}/firings/", "get", "200"): admin.get("triggers/daily/firings/").json(),
    }
    for (path, method, status), answer in answers.items():
        content = document()["paths"][path][method]["responses"][status]["content"]
        schema = {**content["application/json"]["schema"], "components": document()["components"]}
        Draft202012Validator(schema).validate(answer)
