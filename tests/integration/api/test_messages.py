"""Messages between agents over HTTP: agents elsewhere write and are given them, people read them."""

from uuid import UUID

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.messaging.models import Receipt
from coordination.runs.models import Run
from coordination.runs.services import cancel_run
from tests.integration.api.support import Caller


@pytest.fixture
def run(manager: Caller) -> str:
    """Return a run that waits for a person."""
    found: str = manager.post("runs/", {"workflow": "greet", "input": {"message": "hi"}}).json()["id"]
    return found


def test_an_agent_elsewhere_writes_and_is_given_what_others_wrote(manager: Caller, admin: Caller, run: str) -> None:
    letter = {"run": run, "agent": "echo", "to": "all", "content": {"price": 7}, "performative": "propose"}
    sent = manager.post("messages/", letter)
    assert (sent.status_code, sent.json()["sender"], sent.json()["to"]) == (201, "echo", "all")
    spec = {"role": "worker", "capabilities": ["work"], "adapter": {"python": "tests.acting.echo"}}
    admin.post("agents/", {"metadata": {"name": "other"}, "spec": spec})
    taken = manager.post("messages/take/", {"run": run, "agent": "other"}).json()
    assert [(one["sender"], one["content"], one["again"]) for one in taken] == [("echo", {"price": 7}, False)]
    assert manager.post("messages/take/", {"run": run, "agent": "other"}).json()[0]["again"] is True
    [listed] = manager.get(f"messages/?run={run}&performative=propose").json()["results"]
    assert (listed["id"], listed["n_given"]) == (sent.json()["id"], 1)
    assert Receipt.objects.count() == 1


def test_a_message_to_nobody_says_what_an_address_is(manager: Caller, run: str) -> None:
    answer = manager.post("messages/", {"run": run, "agent": "echo", "to": "bob", "content": 1})
    assert (answer.status_code, "agent:NAME" in answer.json()["detail"]) == (422, True)


def test_reading_changes_nothing_and_taking_is_for_who_may_start_acts(
    manager: Caller, reviewer: Caller, run: str
) -> None:
    manager.post("messages/", {"run": run, "agent": "echo", "to": "all", "content": "x"})
    assert len(reviewer.get(f"messages/?run={run}").json()["results"]) == 1
    assert reviewer.post("messages/take/", {"run": run, "agent": "echo"}).status_code == 403
    assert reviewer.post("messages/", {"run": run, "agent": "echo", "to": "all", "content": 1}).status_code == 403
    assert not Receipt.objects.exists()


def test_an_unknown_run_or_agent_and_a_run_that_has_ended_are_told(manager: Caller, run: str) -> None:
    letter = {"run": run, "agent": "echo", "to": "all", "content": "x"}
    assert manager.post("messages/", {**letter, "agent": "stranger"}).status_code == 404
    assert manager.post("messages/", {**letter, "run": str(UUID(int=1))}).status_code == 404
    assert manager.get(f"messages/?run={UUID(int=1)}").status_code == 404
    row = Run.objects.get(pk=run)
    cancel_run(row.organization, row.pk, SYSTEM, "Enough.")
    assert manager.post("messages/", letter).status_code == 409
