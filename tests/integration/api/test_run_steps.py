"""The steps of runs through the API: items and rounds, runs within runs, signals, and the run as it was."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.manifests.applying import apply
from coordination.manifests.reading import read
from coordination.runs.models import Run
from coordination.runs.selectors import left_out_of, steps_of
from tests.integration.api.support import Caller

WORLD = """
apiVersion: coordination/v1
kind: Workflow
metadata: {name: each}
spec:
  steps:
    - id: score
      map: {over: "${input.items}", max_failures: 5, agent: {capability: work}, input: {n: "${item}"}}
    - id: count
      needs: [score]
      set: {n: "${size(steps.score.output)}"}
---
apiVersion: coordination/v1
kind: Workflow
metadata: {name: outer}
spec:
  steps:
    - {id: inner, workflow: {name: each, input: {items: [1]}}}
---
apiVersion: coordination/v1
kind: Workflow
metadata: {name: patient}
spec:
  steps:
    - id: paid
      wait:
        signal: paid
        payload: {type: object, required: [amount], properties: {amount: {type: number}}}
      timeout: 1h
    - id: rest
      needs: [paid]
      wait: {for: 1h}
"""


@pytest.fixture
def started(acme: Organization, manager: Caller) -> Callable[..., str]:
    apply(acme, read(WORLD), SYSTEM)

    def start(workflow: str, **value: Any) -> str:
        answer = manager.post("runs/", {"workflow": workflow, "input": value})
        assert answer.status_code == 201, answer.content
        return str(answer.json()["id"])

    return start


LONG = "word " * 5_000


def test_what_is_large_is_left_out_of_a_run_and_found_at_its_step(
    manager: Caller, started: Callable[..., str], work: Callable[[str], Run]
) -> None:
    run_id = started("each", items=[LONG, "short"])
    work(run_id)
    run = manager.get(f"runs/{run_id}/")
    assert len(run.content) < 2 * len(LONG)
    score, count = run.json()["steps"]
    assert (score["output"], score["left_out"], count["output"], count["left_out"]) == (None, ["output"], {"n": 2}, [])
    whole = manager.get(score["url"].removeprefix("/api/v1/")).json()
    assert (whole["output"], whole["left_out"]) == ([{"n": LONG}, {"n": "short"}], [])
    assert {name: value for name, value in whole.items() if name not in ("output", "left_out")} == {
        name: value for name, value in score.items() if name not in ("output", "left_out")
    }


def test_what_is_large_is_left_out_of_items_and_of_the_past_too(
    manager: Caller, started: Callable[..., str], work: Callable[[str], Run]
) -> None:
    run_id = started("each", items=[LONG, "short"])
    work(run_id)
    large, small = manager.get(f"runs/{run_id}/steps/?parent=score").json()["results"]
    assert (large["item"], large["output"], set(large["left_out"])) == (None, None, {"item", "output", "parameters"})
    assert (small["item"], small["output"], small["left_out"]) == ("short", {"n": "short"}, [])
    assert manager.get(large["url"].removeprefix("/api/v1/")).json()["item"] == LONG
    last = manager.get(f"runs/{run_id}/?at=1000").json()
    assert (last["steps"][0]["output"], last["steps"][0]["left_out"]) == (None, ["output"])
    then = manager.get(f"runs/{run_id}/steps/score/?at=1000").json()
    assert (then["output"][0], then["left_out"]) == ({"n": LONG}, [])
    assert manager.get(f"runs/{run_id}/steps/{quote('score[1]')}/?at=1").json()["status"] == "ready"


@pytest.mark.parametrize("at", ["", "?at=1"])
def test_a_step_that_is_none_is_not_found(manager: Caller, started: Callable[..., str], at: str) -> None:
    run_id = started("each", items=[1])
    assert manager.get(f"runs/{run_id}/steps/nothing/{at}").status_code == 404
    assert manager.get(f"runs/{run_id}/steps/{quote('score[7]')}/{at}").status_code == 404
    assert manager.get(f"runs/{run_id}/steps/count/{at}").json()["status"] == "pending"


def test_the_large_values_of_a_run_are_not_even_read(
    manager: Caller, started: Callable[..., str], work: Callable[[str], Run]
) -> None:
    run_id = started("each", items=[LONG, "short"])
    run = work(run_id)
    with CaptureQueriesContext(connection) as asked:
        (score, count) = steps_of(run)
        assert (score.output, left_out_of(score), count.output) == (None, ["output"], {"n": 2})
    assert len(asked) == 1


def test_items_are_listed_in_their_order_page_by_page(
    manager: Caller, started: Callable[..., str], work: Callable[[str], Run]
) -> None:
    run_id = started("each", items=list(range(5)))
    work(run_id)
    step = manager.get(f"runs/{run_id}/").json()["steps"][0]
    assert step["children"] == {"size": 5, "opened": 5, "done": 5, "failed": 0}
    first = manager.get(f"runs/{run_id}/steps/?parent=score&limit=2").json()
    assert [(one["id"], one["index"], one["item"]) for one in first["results"]] == [
        ("score[0]", 0, 0),
        ("score[1]", 1, 1),
    ]
    second = manager.get(first["next"].split("/api/v1/")[1]).json()
    assert [one["id"] for one in second["results"]] == ["score[2]", "score[3]"]
    assert manager.get(second["previous"].split("/api/v1/")[1]).json()["results"] == first["results"]
    assert manager.get(f"runs/{run_id}/steps/?parent=score&status=failed").json()["results"] == []
    assert manager.get(f"runs/{run_id}/steps/?parent=nothing").status_code == 404
    assert manager.get(f"runs/{run_id}/steps/?status=odd").status_code == 422


def test_steps_of_the_workflow_are_listed_also_before_anything_touched_them(
    manager: Caller, started: Callable[..., str]
) -> None:
    run_id = started("each", items=[1])
    first = manager.get(f"runs/{run_id}/steps/?limit=1").json()
    assert [(one["id"], one["status"]) for one in first["results"]] == [("score", "running")]
    second = manager.get(first["next"].split("/api/v1/")[1]).json()
    assert [(one["id"], one["status"]) for one in second["results"]] == [("count", "pending")]
    assert (second["next"], second["previous"] is None) == (None, False)
    pending = manager.get(f"runs/{run_id}/steps/?status=pending").json()["results"]
    assert [one["id"] for one in pending] == ["count"]


def test_an_item_is_steered_by_its_key(
    manager: Caller, started: Callable[..., str], work: Callable[[str], Run]
) -> None:
    run_id = started("each", items=[1, 2])
    path = f"runs/{run_id}/steps/{quote('score[1]')}/"
    given = manager.post(f"{path}override/", {"output": {"n": "by hand"}, "reason": "I know it."})
    assert given.status_code == 200, given.content
    work(run_id)
    assert manager.get(f"runs/{run_id}/").json()["steps"][0]["output"][1] == {"n": "by hand"}
    assert manager.post(f"{path}skip/", {"reason": "Late."}).status_code == 409
    assert manager.post(f"runs/{run_id}/steps/{quote('score[9]')}/skip/", {"reason": "No."}).status_code == 404


def test_a_run_within_a_run_names_the_other(
    manager: Caller, started: Callable[..., str], work: Callable[[str], Run]
) -> None:
    run_id = started("outer")
    work(run_id)
    outer = manager.get(f"runs/{run_id}/").json()
    (part,) = outer["children"]
    assert (part["step"], part["workflow"], part["status"]) == ("inner", "each", "succeeded")
    assert outer["steps"][0]["run"] == part["id"]
    assert outer["parent"] is None
    inner = manager.get(f"runs/{part['id']}/").json()
    assert inner["parent"] == {"id": run_id, "step": "inner"}
    assert [one["id"] for one in manager.get(f"runs/?parent={run_id}").json()["results"]] == [part["id"]]


def test_a_signal_lets_the_run_go_on(manager: Caller, started: Callable[..., str]) -> None:
    run_id = started("patient")
    waiting = manager.get(f"runs/{run_id}/").json()["steps"][0]
    assert (waiting["waits_for"], waiting["wakes_at"]) == ("signal", None)
    assert waiting["times_out_at"] is not None
    refused = manager.post(f"runs/{run_id}/signal/", {"name": "paid", "payload": {"amount": "much"}})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/payload/amount"
    assert manager.post(f"runs/{run_id}/signal/", {"name": "nothing"}).status_code == 422
    sent = manager.post(f"runs/{run_id}/signal/", {"name": "paid", "payload": {"amount": 25}}).json()
    assert (sent["steps"][0]["output"], sent["steps"][1]["waits_for"]) == ({"amount": 25}, "time")
    assert sent["steps"][1]["wakes_at"] is not None


def test_a_skipped_step_says_why(manager: Caller, started: Callable[..., str]) -> None:
    run_id = started("patient")
    skipped = manager.post(f"runs/{run_id}/steps/paid/skip/", {"reason": "On the house."}).json()
    remark = skipped["steps"][0]["remark"]
    assert (remark["kind"], remark["reason"]) == ("StepSkipped", "On the house.")
    assert remark["actor"].endswith("manager")


@pytest.mark.parametrize("act", ["signal/", "steps/paid/skip/", "steps/paid/override/", "steps/paid/retry/"])
def test_only_managers_steer(auditor: Caller, started: Callable[..., str], act: str) -> None:
    body = {"name": "paid", "reason": "x", "output": {}}
    assert auditor.post(f"runs/{started('patient')}/{act}", body).status_code == 403


def test_a_run_is_told_as_it_was(manager: Caller, started: Callable[..., str], work: Callable[[str], Run]) -> None:
    run_id = started("each", items=[1, 2])
    work(run_id)
    now = manager.get(f"runs/{run_id}/").json()
    assert (now["status"], now["replayed"]) == ("succeeded", None)
    then = manager.get(f"runs/{run_id}/?at=1").json()
    assert (then["status"], then["finished_at"], then["output"]) == ("running", None, None)
    assert [step["status"] for step in then["steps"]] == ["running", "pending"]
    assert then["steps"][0]["children"]["done"] == 0
    replayed = then["replayed"]
    assert (replayed["record"], replayed["kind"], replayed["exact"]) == (1, "RunStarted", True)
    last = manager.get(f"runs/{run_id}/?at={replayed['records']}").json()
    assert [step["output"] for step in last["steps"]] == [step["output"] for step in now["steps"]]
    by_time = manager.get(f"runs/{run_id}/?at={quote(replayed['at'])}").json()
    assert by_time["replayed"]["record"] >= 1
    assert manager.get(f"runs/{run_id}/?at=2000-01-01T00:00:00%2B02:00").json()["status"] == "pending"


@pytest.mark.parametrize("at", ["yesterday", "2026-03-01T12:00:00", "-1", "99-99-99T00:00:00Z", ""])
def test_a_moment_that_is_none_is_refused(manager: Caller, started: Callable[..., str], at: str) -> None:
    assert manager.get(f"runs/{started('patient')}/?at={at}").status_code == 422
