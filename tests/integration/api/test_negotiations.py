"""Negotiations through the API: what everybody sees, and what only those who may read the record do."""

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.manifests.applying import apply
from coordination.manifests.reading import read
from coordination.runs.models import Run
from coordination.runs.services import start_run
from tests.integration.api.support import Caller
from tests.working import work_off

SECRET = "0.271828"
WORLD = """
apiVersion: coordination/v1
kind: Agent
metadata: {name: ann}
spec:
  role: worker
  capabilities: [work]
  adapter: {python: tests.acting.tell_config}
  config: {reservation: 0.271828, values: {x: 1.0, y: 0.6}}
---
apiVersion: coordination/v1
kind: Agent
metadata: {name: ben}
spec:
  role: worker
  capabilities: [work]
  adapter: {python: tests.acting.tell_config}
  config: {reservation: 0.271828, values: {x: 0.3, y: 0.9}}
---
apiVersion: coordination/v1
kind: Workflow
metadata: {name: haggle}
spec:
  steps:
    - id: deal
      negotiate: {protocol: mediated, parties: [{name: ann}, {name: ben}], options: [x, y]}
"""

CONFLICT = """
apiVersion: coordination/v1
kind: Agent
metadata: {name: ann}
spec: {role: worker, capabilities: [work], adapter: {python: tests.acting.say_a}}
---
apiVersion: coordination/v1
kind: Agent
metadata: {name: ben}
spec: {role: worker, capabilities: [work], adapter: {python: tests.acting.say_b}}
---
apiVersion: coordination/v1
kind: Workflow
metadata: {name: torn}
spec:
  steps:
    - id: judge
      vote: {voters: [{name: ann}, {name: ben}], rule: unanimous, decide: {role: reviewer}}
  output: {winner: "${steps.judge.output.winner}"}
"""


@pytest.fixture
def run(acme: Organization, settings: object) -> Run:
    apply(acme, read(WORLD), SYSTEM)
    return work_off(start_run(acme, "haggle", {}, actor=SYSTEM))


def test_a_negotiation_is_listed_with_its_moves_and_what_it_came_to(run: Run, reviewer: Caller) -> None:
    listed = reviewer.get("negotiations/").json()["results"]
    assert [(one["step"], one["protocol"], one["parties"]) for one in listed] == [("deal", "mediated", ["ann", "ben"])]
    assert [move["act"] for move in listed[0]["moves"]] == ["mediates", "accepts", "accepts"]
    assert (listed[0]["result"]["agreed"], listed[0]["result"]["by"]) == ("y", "mediator")
    assert reviewer.get("negotiations/?status=failed").json()["results"] == []
    assert len(reviewer.get(f"negotiations/?run={run.pk}").json()["results"]) == 1
    assert reviewer.get("negotiations/?wrong=1").status_code == 422


def test_only_who_may_read_the_record_sees_what_the_mediator_was_told(
    run: Run, reviewer: Caller, manager: Caller
) -> None:
    key = reviewer.get("negotiations/").json()["results"][0]["id"]
    for path in (f"negotiations/{key}/", "negotiations/", f"runs/{run.pk}/", f"runs/{run.pk}/events/",
                 f"runs/{run.pk}/steps/deal%5B0%5D/", f"runs/{run.pk}/steps/?parent=deal", f"runs/{run.pk}/explain/",
                 f"runs/{run.pk}/?at=9"):  # fmt: skip
        answer = reviewer.get(path)
        assert (answer.status_code, SECRET in answer.content.decode()) == (200, False), path
    assert reviewer.get(f"negotiations/{key}/").json()["sealed"] is None
    sealed = manager.get(f"negotiations/{key}/").json()["sealed"]
    assert [(one["party"], one["told"]["reservation"]) for one in sealed] == [("ann", 0.271828), ("ben", 0.271828)]


def test_a_negotiation_that_is_none_is_not_there(run: Run, manager: Caller) -> None:
    assert manager.get(f"negotiations/{run.pk}/").status_code == 404


def test_a_conflict_is_decided_for_one_of_its_cases(acme: Organization, settings: object, reviewer: Caller) -> None:
    apply(acme, read(CONFLICT), SYSTEM)
    run = work_off(start_run(acme, "torn", {}, actor=SYSTEM))
    asked = reviewer.get("approvals/?status=pending").json()["results"][0]
    assert (asked["operation"], asked["parameters"]) == ("conflict", {"choose": "a"})
    path, said = f"approvals/{asked['id']}/approve/", {"reason": "Ben is right.", "revision": 1}
    assert reviewer.post(path, {**said, "choose": "z"}).status_code == 422
    assert reviewer.post(path, {**said, "choose": "b"}).status_code == 200
    assert work_off(run).output == {"winner": "b"}
