"""Through the API alone: a run waits, is approved, succeeds, and is explained."""

from collections.abc import Callable

from coordination.accounts.models import Organization
from coordination.audit.services import verify
from coordination.runs.models import Run
from tests import acting
from tests.integration.api.support import Caller


def test_a_run_from_start_to_explanation(
    acme: Organization, manager: Caller, reviewer: Caller, work: Callable[[str], Run]
) -> None:
    started = manager.start("Refund me")
    assert started.status_code == 201, started.content
    run = started.json()
    assert started.headers["Location"] == f"/api/v1/runs/{run['id']}/"
    assert [step["id"] for step in run["steps"]] == ["read", "send"]

    work(run["id"])
    waiting = manager.get(f"runs/{run['id']}/").json()
    assert waiting["status"] == "waiting"

    (request,) = reviewer.get("approvals/?assigned=me").json()["results"]
    assert request["parameters"] == {"text": "Refund me"}
    assert request["subject"] == f"run:{run['id']}/step:send"
    seen = reviewer.get(f"approvals/{request['id']}/").json()
    assert seen["you_may_approve"] is True
    approved = reviewer.post(f"approvals/{request['id']}/approve/", {"reason": "Fine.", "revision": 1})
    assert approved.status_code == 200, approved.content
    assert approved.json()["status"] == "approved"

    work(run["id"])
    done = manager.get(f"runs/{run['id']}/").json()
    assert (done["status"], done["output"]) == ("succeeded", {"sent": True})
    assert len(acting.sent) == 1

    why = manager.get(f"runs/{run['id']}/explain/").json()
    assert [agent["agent"] for agent in why["agents"]] == ["echo"]
    assert why["agents"][0]["worked_s"] >= 0
    assert why["approvals"][0]["decisions"][0]["actor"] == "reviewer"
    assert any(reason["policy"] == "careful" for decision in why["decisions"] for reason in decision["reasons"])
    assert why["actions"][0]["tool"] == "mail.send"
    assert why["summary"]
    assert verify(acme).first_bad is None


def test_a_rejected_action_never_happens(manager: Caller, reviewer: Caller, work: Callable[[str], Run]) -> None:
    run_id = manager.start().json()["id"]
    work(run_id)
    (request,) = reviewer.get("approvals/?status=pending").json()["results"]
    reviewer.post(f"approvals/{request['id']}/reject/", {"reason": "No.", "revision": 1})
    assert manager.get(f"runs/{run_id}/").json()["status"] == "failed"
    assert acting.sent == []


def test_pause_resume_and_cancel(manager: Caller) -> None:
    run_id = manager.start().json()["id"]
    assert manager.post(f"runs/{run_id}/pause/", {"reason": "Wait."}).json()["status"] == "paused"
    assert manager.post(f"runs/{run_id}/pause/").status_code == 409
    assert manager.post(f"runs/{run_id}/resume/").json()["status"] == "running"
    cancelled = manager.post(f"runs/{run_id}/cancel/", {"reason": "Not needed."}).json()
    assert (cancelled["status"], cancelled["stop_reason"]) == ("cancelled", "Not needed.")


def test_steps_can_be_skipped_overridden_and_retried(manager: Caller, work: Callable[[str], Run]) -> None:
    run_id = manager.start().json()["id"]
    overridden = manager.post(
        f"runs/{run_id}/steps/read/override/", {"output": {"message": "By hand."}, "reason": "I know better."}
    )
    assert overridden.json()["steps"][0]["output"] == {"message": "By hand."}
    work(run_id)
    skipped = manager.post(f"runs/{run_id}/steps/send/skip/", {"reason": "Not needed."})
    assert skipped.json()["steps"][1]["status"] == "skipped"
    again = manager.post(f"runs/{run_id}/steps/send/retry/", {"reason": "It is needed."})
    assert again.status_code == 200, again.content
    assert manager.post(f"runs/{run_id}/steps/nothing/retry/").status_code == 404


def test_a_wrong_input_is_told_with_its_path(manager: Caller) -> None:
    refused = manager.post("runs/", {"workflow": "greet", "input": {"message": 3}})
    assert refused.status_code == 422
    assert refused.json()["code"] == "input-invalid"
    assert refused.json()["errors"][0]["pointer"] == "/input/message"


def test_many_runs_are_started_at_once(manager: Caller, work: Callable[[str], Run]) -> None:
    inputs = [{"message": f"message {number}"} for number in range(3)]
    started = manager.post("runs/batch/", {"workflow": "greet", "inputs": inputs, "title": "Morning mail"})
    assert started.status_code == 201
    ids = [run["id"] for run in started.json()["results"]]
    assert [manager.get(f"runs/{run_id}/").json()["input"] for run_id in ids] == inputs
    assert {run["title"] for run in started.json()["results"]} == {"Morning mail"}


def test_of_many_runs_none_starts_if_one_input_is_wrong(manager: Caller) -> None:
    inputs = [{"message": "a"}, {"message": 3}, {}]
    refused = manager.post("runs/batch/", {"workflow": "greet", "inputs": inputs})
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/inputs/1/message", "/inputs/2"]
    assert manager.get("runs/").json()["results"] == []


def test_an_unknown_workflow_is_not_found(manager: Caller) -> None:
    assert manager.post("runs/", {"workflow": "nothing"}).status_code == 404


def test_runs_are_listed_filtered_and_paged(manager: Caller) -> None:
    ids = [manager.start(f"message {number}").json()["id"] for number in range(5)]
    first = manager.get("runs/?limit=2&status=running").json()
    assert [run["id"] for run in first["results"]] == ids[:2:-1]
    second = manager.get(first["next"].split("/api/v1/")[1]).json()
    assert [run["id"] for run in second["results"]] == ids[2:0:-1]
    assert second["previous"] is not None
    assert manager.get("runs/?q=nothing+like+it").json()["results"] == []


def test_decisions_context_and_events_of_a_run(manager: Caller, work: Callable[[str], Run]) -> None:
    run_id = manager.start().json()["id"]
    work(run_id)
    assert {d["hook"] for d in manager.get(f"runs/{run_id}/decisions/").json()["results"]} == {"agent.call", "action"}
    assert manager.get(f"decisions/?run={run_id}&outcome=require_approval").json()["results"][0]["step"] == "send"
    assert manager.get(f"runs/{run_id}/context/").json() == {"context": {}, "memory": []}
    events = manager.get(f"runs/{run_id}/events/").json()["results"]
    assert events[0]["kind"] == "RunStarted"
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert manager.get(f"runs/{run_id}/events/?after=2").json()["results"][0]["id"] == 3
