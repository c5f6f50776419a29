"""The brake, autonomy, messages, steps taken over and verdicts over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from coordination.runs.models import Run, Step
from tests.integration.api.support import Caller
from tests.working import claim, work_off


@pytest.fixture
def run(manager: Caller) -> Run:
    answer = manager.post("runs/", {"workflow": "greet", "input": {"message": "hello"}})
    return Run.objects.get(pk=answer.json()["id"])


def test_everything_is_stopped_refuses_new_runs_and_goes_on(manager: Caller) -> None:
    stopped = manager.post("organization/stop/", {"reason": "Fire drill."})
    assert (stopped.status_code, stopped.json()["runs"]) == (201, "held")
    refused = manager.post("runs/", {"workflow": "greet", "input": {"message": "hello"}})
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "organization-stopped")
    assert manager.post("organization/stop/", {"reason": "Again."}).status_code == 409
    assert manager.post("organization/resume/", {}).status_code == 204
    [one] = manager.get("stops/").json()["results"]
    assert (one["workflow"], one["stopped_by"], one["ended_by"]) == ("", "manager", "manager")


def test_a_workflow_is_stopped_and_let_go(manager: Caller, run: Run) -> None:
    assert manager.post("workflows/greet/stop/", {"reason": "Wrong words."}).status_code == 201
    assert manager.get("workflows/greet/").json()["stopped_at"]
    assert manager.get(f"runs/{run.pk}/").json()["status"] == "paused"
    assert manager.post("workflows/greet/resume/", {}).status_code == 204
    assert manager.get(f"runs/{run.pk}/").json()["status"] == "running"
    assert manager.post("workflows/nothing/stop/", {"reason": "?"}).status_code == 404


def test_a_manager_lowers_autonomy_and_an_admin_raises_it(manager: Caller, admin: Caller) -> None:
    lowered = manager.post("agents/echo/autonomy/", {"level": "asks", "reason": "New here."})
    assert lowered.json()["autonomy"] == "asks"
    raised: dict[str, Any] = {"level": "as-policies-say", "reason": "It learned."}
    assert manager.post("agents/echo/autonomy/", raised).status_code == 403
    refused = admin.post("agents/echo/autonomy/", raised)
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "autonomy-not-earned")
    ladder = manager.get("agents/echo/autonomy/").json()
    assert (ladder["level"], [rung["gate"] for rung in ladder["levels"]]) == ("asks", [None, None, 0.9, 0.95, 0.98])
    assert "It takes 50 outcomes" in ladder["levels"][2]["missing"][0]
    raised["despite"] = True
    assert admin.post("agents/echo/autonomy/", raised).json()["autonomy"] == "as-policies-say"
    assert admin.post("agents/echo/autonomy/", raised).status_code == 409


def test_a_step_is_taken_over_handed_back_and_its_agent_told_something(manager: Caller, run: Run) -> None:
    claim(run.pk, "read")
    steps = f"runs/{run.pk}/steps/read"
    assert manager.post(f"{steps}/take-over/", {"reason": "Mine."}).status_code == 200
    assert manager.post(f"{steps}/take-over/", {}).status_code == 409
    sent = manager.post(f"runs/{run.pk}/messages/", {"text": "Be brief.", "step": "read"})
    assert (sent.status_code, sent.json()["given_at"]) == (201, None)
    assert manager.post(f"{steps}/hand-back/", {}).status_code == 200
    work_off(run)
    [message] = manager.get(f"runs/{run.pk}/messages/").json()["results"]
    assert (message["given_to"], message["given_step"]) == ("echo", "read")


def test_a_reviewer_judges_an_output_and_everyone_reads_it(reviewer: Caller, manager: Caller, run: Run) -> None:
    path = f"runs/{run.pk}/steps/read/verdict/"
    assert reviewer.post(path, {"quality": "right"}).status_code == 409
    work_off(run)
    assert reviewer.post(path, {"quality": "wrong"}).status_code == 422
    said = reviewer.post(path, {"quality": "wrong", "reason": "It missed the point."}).json()
    assert (said["agent"], said["person"], said["attempt"]) == ("echo", "reviewer", 1)
    assert [one["quality"] for one in manager.get("verdicts/?agent=echo").json()["results"]] == ["wrong"]
    assert manager.get("verdicts/?quality=right").json()["results"] == []
    assert len(manager.get(f"runs/{run.pk}/verdicts/").json()["results"]) == 1


@pytest.mark.parametrize(
    "path",
    ["organization/stop/", "organization/resume/", "workflows/greet/stop/", "agents/echo/autonomy/",
     "agents/echo/suspend/", "runs/{run}/messages/", "runs/{run}/steps/read/take-over/",
     "runs/{run}/steps/read/verdict/"],
)  # fmt: skip
def test_an_auditor_changes_nothing(calls: Callable[..., Caller], run: Run, path: str) -> None:
    body: dict[str, Any] = {"reason": "no", "level": "asks", "text": "no", "quality": "right"}
    assert calls("auditor").post(path.format(run=run.pk), body).status_code == 403
    assert Step.objects.filter(run=run, status="ready").exists()
