"""The brake, autonomy, messages and verdicts in the browser."""

from typing import Any

import pytest

from coordination.agents.models import Agent
from coordination.runs.models import RunMessage, Step, StepVerdict, Stop
from tests.integration.web.conftest import House
from tests.working import claim

ASK = {"id": "a", "agent": {"name": "echo"}, "input": {"text": "hello"}}
WAIT = {"id": "w", "needs": ["a"], "wait": {"signal": "go"}}


@pytest.fixture
def desk(house: House) -> House:
    house.world.workflow(ASK, WAIT)
    return house


def text(response: Any) -> str:
    return str(response.content.decode())


def test_a_manager_stops_everything_and_every_page_says_so_until_it_goes_on(desk: House) -> None:
    client = desk.enter("mia", "manager")
    assert "Nothing is stopped" in text(client.get("/stops/"))
    assert client.post("/stops/stop/", {"reason": ""}).status_code == 422
    client.post("/stops/stop/", {"reason": "Fire drill.", "runs": "held"})
    assert "Everything was brought to a stand" in text(client.get("/runs/"))
    page = text(client.get("/stops/"))
    assert "Fire drill." in page
    assert "mia" in page
    client.post("/stops/resume/", {})
    assert "Everything was brought to a stand" not in text(client.get("/runs/"))


def test_a_workflow_is_stopped_and_let_go_from_its_page(desk: House) -> None:
    client = desk.enter("mia", "manager")
    run = desk.world.run({})
    assert "/workflows/flow/brake/stop/" in text(client.get("/workflows/flow/"))
    client.post("/workflows/flow/brake/stop/", {"reason": "Wrong prices.", "runs": "held"})
    run.refresh_from_db()
    assert run.status == "paused"
    assert "Stopped" in text(client.get("/workflows/flow/"))
    client.post("/workflows/flow/brake/resume/", {})
    run.refresh_from_db()
    assert run.status == "waiting"


def test_a_reviewer_sees_what_stands_still_and_touches_nothing(desk: House) -> None:
    client = desk.enter("rita", "reviewer")
    assert "/stops/stop/" not in text(client.get("/stops/"))
    for path in ("/stops/stop/", "/workflows/flow/brake/stop/", "/agents/echo/autonomy/", "/agents/echo/suspend/"):
        assert client.post(path, {"reason": "no", "level": "0"}).status_code == 403
    assert not Stop.objects.exists()


def test_a_manager_lowers_an_agents_autonomy_and_only_who_edits_agents_raises_it(desk: House) -> None:
    manager, admin = desk.enter("mia", "manager"), desk.enter("ada", "admin")
    assert manager.post("/agents/echo/autonomy/", {"level": "1", "reason": ""}).status_code == 422
    manager.post("/agents/echo/autonomy/", {"level": "1", "reason": "New here."})
    assert Agent.objects.get(name="echo").autonomy == 1
    assert manager.post("/agents/echo/autonomy/", {"level": "4", "reason": "Fine."}).status_code == 403
    assert "asks before each act" in text(manager.get("/agents/echo/"))
    refused = admin.post("/agents/echo/autonomy/", {"level": "4", "reason": "Fine."})
    assert (refused.status_code, "It takes 50 outcomes" in text(refused)) == (409, True)
    admin.post("/agents/echo/autonomy/", {"level": "4", "reason": "Fine.", "despite": "on"})
    assert Agent.objects.get(name="echo").autonomy == 4


def test_a_step_is_taken_over_and_given_its_output_from_its_page(desk: House) -> None:
    client = desk.enter("mia", "manager")
    run = desk.world.start({})
    claim(run.pk, "a")
    page = f"/runs/{run.pk}/"
    assert "Take over" in text(client.get(f"{page}?step=a"))
    client.post(f"{page}steps/a/take-over/", {"reason": "I know this one."})
    shown = text(client.get(f"{page}?step=a"))
    assert "Taken over by" in shown
    assert "Hand back" in shown
    client.post(f"{page}steps/a/override/", {"output": '{"text": "mine"}', "reason": "Done."})
    assert Step.objects.get(run=run, key="a").output == {"text": "mine"}


def test_agents_are_told_something_and_the_run_shows_what_became_of_it(desk: House) -> None:
    client = desk.enter("mia", "manager")
    run = desk.world.start({})
    form = f"/runs/{run.pk}/message/"
    assert "Whoever does a" in text(client.get(f"{form}?step=a"))
    assert client.post(form, {"text": " ", "to": "echo"}).status_code == 422
    client.post(form, {"text": "Mind the gap.", "to": "echo"})
    assert "Waits for the next call" in text(client.get(f"/runs/{run.pk}/?tab=messages"))
    desk.world.work(run)
    assert "given to echo for a" in text(client.get(f"/runs/{run.pk}/?tab=messages"))
    assert RunMessage.objects.get().agent == "echo"


def test_a_reviewer_says_what_an_output_is_worth(desk: House) -> None:
    client = desk.enter("rita", "reviewer")
    run = desk.world.run({})
    page = f"/runs/{run.pk}/"
    assert "How good is this output?" in text(client.get(f"{page}?step=a"))
    client.post(f"{page}steps/a/verdict/", {"quality": "wrong", "reason": ""})
    assert not StepVerdict.objects.exists()
    client.post(f"{page}steps/a/verdict/", {"quality": "harmful", "reason": "It told a secret."})
    shown = text(client.get(f"{page}?step=a"))
    assert "rita: harmful" in shown
    assert "It told a secret." in shown
    assert "How good" not in text(desk.enter("otto", "auditor").get(f"{page}?step=w"))


def test_another_organization_cannot_be_stopped_told_or_judged(desk: House, other: House) -> None:
    stranger = other.enter("stranger", "manager", "admin", "reviewer")
    run = desk.world.run({})
    for path in ("/workflows/flow/brake/stop/", f"/runs/{run.pk}/message/", f"/runs/{run.pk}/steps/a/take-over/"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/runs/{run.pk}/steps/a/verdict/", {"quality": "right"}).status_code == 404
