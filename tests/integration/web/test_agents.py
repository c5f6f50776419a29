"""Agents, roles and tools in the browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from coordination.agents.models import Agent, Role
from coordination.agents.selectors import agent_named
from coordination.policies.models import PolicyDecision
from tests.integration.web.conftest import House

FORM = {
    "name": "writer",
    "title": "Writer",
    "role": "worker",
    "capabilities": "write.reply",
    "adapter": "python",
    "python": "tests.acting.echo",
    "pool": "io",
    "timeout": "20s",
    "priority": "60",
}


def form(**changes: Any) -> dict[str, Any]:
    return {**FORM, **changes}


def test_the_list_counts_every_attempt_for_the_agent_that_made_it(house: House) -> None:
    house.world.agent("broken", "fail", priority=90)
    step = {"id": "work", "agent": {"name": "broken", "fallback": [{"name": "echo"}]}}
    house.world.workflow(step)
    for _ in range(3):
        assert house.world.run({}).status == "succeeded"
    page = house.enter("manager", "manager").get("/agents/").content.decode()
    assert "Failing" in page
    detail = house.enter("manager").get("/agents/broken/").content.decode()
    assert "0 of 3 calls" in detail
    assert "3 of 3 calls" in house.enter("manager").get("/agents/echo/").content.decode()


def test_a_manager_pulls_the_brake_and_changes_nothing_else(house: House) -> None:
    client = house.enter("manager", "manager")
    for path in ("/agents/", "/agents/echo/", "/roles/", "/roles/worker/", "/tools/", "/tools/mail.send/"):
        page = client.get(path)
        assert page.status_code == 200
        for word in ("/edit/", "/new/"):
            assert word not in page.content.decode()
    for path in ("/agents/new/", "/agents/echo/edit/", "/roles/new/", "/roles/worker/edit/"):
        assert client.get(path).status_code == 403
        assert client.post(path, FORM).status_code == 403
    assert Agent.objects.get().version == 1
    client.post("/agents/echo/suspend/", {"reason": "It raves."})
    assert Agent.objects.get().status == "suspended"


def test_who_only_reads_finds_no_brake(house: House) -> None:
    client = house.enter("auditor", "auditor")
    assert "/suspend/" not in client.get("/agents/echo/").content.decode()
    assert client.post("/agents/echo/suspend/", {"reason": "It raves."}).status_code == 403
    assert Agent.objects.get().status == "active"


def test_another_organizations_agents_are_not_found(house: House, other: House) -> None:
    stranger = other.enter("stranger", "admin")
    for path in ("/agents/echo/", "/agents/echo/edit/", "/agents/echo/suspend/", "/roles/worker/", "/tools/mail.send/"):
        assert stranger.get(path).status_code == 404
    assert stranger.post("/agents/echo/suspend/", {"reason": "mine"}).status_code == 404
    assert "No agents yet" in stranger.get("/agents/").content.decode()


def test_an_agent_is_made_and_changed_through_the_form(house: House) -> None:
    client = house.enter("admin", "admin")
    assert client.post("/agents/new/", form(config="tone: calm")).url == "/agents/writer/"
    assert agent_named(house.organization, "writer").spec["config"] == {"tone": "calm"}
    page = client.get("/agents/writer/edit/").content.decode()
    assert "tone: calm" in page
    assert client.post("/agents/writer/edit/", form(version=1, never="mail.send")).status_code == 302
    changed = agent_named(house.organization, "writer")
    assert (changed.version, changed.limits["never"]) == (2, ["mail.send"])


def test_what_someone_else_saved_meanwhile_is_not_overwritten_unseen(house: House) -> None:
    client = house.enter("admin", "admin")
    client.post("/agents/new/", FORM)
    client.post("/agents/writer/edit/", form(version=1, title="Theirs"))
    answer = client.post("/agents/writer/edit/", form(version=1, title="Mine"))
    assert answer.status_code == 422
    assert "Someone else saved this agent" in answer.content.decode()
    assert 'value="Mine"' in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "Not A Name", "Use lower-case letters"),
        ("name", "echo", "There is an agent of this name already."),
        ("capabilities", "", "at least 1 item"),
        ("role", "nobody", "There is no role named nobody"),
        ("timeout", "soon", "is not a duration"),
        ("priority", "200", "less than or equal to 100"),
        ("reads", "publik", "This should be public"),
        ("config", "a: [1", "Line 2, column 1"),
        ("python", "", "This field is required."),
    ],
)
def test_mistakes_stand_beside_their_fields(house: House, field: str, value: str, says: str) -> None:
    answer = house.enter("admin", "admin").post("/agents/new/", form(**{field: value}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in page
    beside = page.partition(f'id="field-{field}-wrong"')[2].partition("</span>")[0]
    assert says in beside
    assert Agent.objects.count() == 1


def test_suspending_asks_for_a_reason_and_resuming_does_not(house: House) -> None:
    client = house.enter("admin", "admin")
    assert client.get("/agents/echo/suspend/").status_code == 200
    assert client.post("/agents/echo/suspend/", {"reason": " "}).status_code == 422
    assert client.post("/agents/echo/suspend/", {"reason": "odd answers"}).status_code == 302
    page = client.get("/agents/echo/").content.decode()
    assert "Suspended" in page
    assert "odd answers" in page
    assert client.post("/agents/echo/resume/").status_code == 302
    assert agent_named(house.organization, "echo").status == "active"


def test_a_role_is_made_and_changed_through_the_form(house: House) -> None:
    client = house.enter("admin", "admin")
    said = {"name": "reader", "authority": "1", "reads": "public", "capabilities": "", "tools": ""}
    assert client.post("/roles/new/", said).url == "/roles/reader/"
    assert client.post("/roles/reader/edit/", {**said, "authority": "9"}).status_code == 422
    assert client.post("/roles/reader/edit/", {**said, "authority": "2"}).status_code == 302
    assert Role.objects.get(name="reader").spec["authority"] == 2


def test_what_policies_do_not_let_change_stays_as_it_is_and_the_page_says_why(house: House) -> None:
    client = house.enter("admin", "admin")
    role = {"name": "reader", "authority": "1", "reads": "public", "capabilities": "", "tools": ""}
    client.post("/agents/echo/suspend/", {"reason": "odd answers"})
    house.world.policy("frozen", hooks=["agent.change"], when="true", effect="deny")

    for answer in (
        client.post("/agents/new/", form()),
        client.post("/roles/new/", role),
        client.post("/agents/echo/resume/"),
    ):
        assert (answer.status_code, "frozen speaks." in answer.content.decode()) == (403, True)

    assert not Agent.objects.filter(name="writer").exists()
    assert not Role.objects.filter(name="reader").exists()
    assert agent_named(house.organization, "echo").status == "suspended"
    assert PolicyDecision.objects.filter(hook="agent.change", outcome="deny").count() == 3


def test_more_agents_ask_the_database_no_more(house: House, queries: Callable[[Client, str], int]) -> None:
    client = house.enter("manager", "manager")
    few = {path: queries(client, path) for path in ("/agents/", "/roles/", "/tools/", "/roles/worker/")}
    for number in range(10):
        house.world.agent(f"more-{number}")
        house.world.tool(f"tool-{number}")
    assert {path: queries(client, path) for path in few} == few


def test_long_lists_have_pages(house: House) -> None:
    for number in range(30):
        house.world.agent(f"more-{number:02}")
    client = house.enter("manager", "manager")
    first, second = client.get("/agents/").content.decode(), client.get("/agents/?page=2").content.decode()
    assert 'href="?page=2"' in first
    assert "more-29" in second
    assert "more-29" not in first


def test_an_agent_keeps_what_limits_it_when_it_is_changed_through_the_form(house: House) -> None:
    limits = {
        "max_concurrency": 3,
        "rate": {"calls": 60, "per": "1h"},
        "cost_microusd_per_call": 200,
        "max_cost_usd_per_call": 0.05,
        "max_tokens_per_call": 800,
        "budget_per_day": {"cost_usd": 10.5, "tokens": None, "calls": 400},
    }
    house.world.agent("echo", **limits)
    client = house.enter("admin", "admin")
    fields = client.get("/agents/echo/edit/").context["page"].fields
    typed = {name: field.value for name, field in fields.items()}
    assert client.post("/agents/echo/edit/", {**typed, "version": 2, "title": "Echo"}).status_code == 302
    changed = agent_named(house.organization, "echo")
    assert (changed.title, {name: changed.spec[name] for name in limits}) == ("Echo", limits)
    emptied = {**typed, "version": 3} | {name: "" for name in typed if name.startswith(("day_", "max_", "rate_calls"))}
    assert client.post("/agents/echo/edit/", emptied).status_code == 302
    spec = agent_named(house.organization, "echo").spec
    assert [spec[name] for name in ("max_concurrency", "rate", "budget_per_day")] == [None, None, None]


def test_a_budget_of_nothing_is_refused_beside_its_field(house: House) -> None:
    answer = house.enter("admin", "admin").post("/agents/new/", form(day_cost="0"))
    beside = answer.content.decode().partition('id="field-day_cost-wrong"')[2].partition("</span>")[0]
    assert (answer.status_code, "greater than 0" in beside) == (422, True)


def test_an_agents_page_says_what_it_may_take_and_what_is_used_of_it_today(house: House) -> None:
    house.world.agent(
        "dear", "spend", max_cost_usd_per_call=0.5, max_concurrency=2, budget_per_day={"cost_usd": 1, "calls": 2}
    )
    house.world.workflow({"id": "buy", "agent": {"name": "dear"}, "input": {"cost": 250_000}})
    client = house.enter("manager", "manager")
    assert "$0 of $1.00" in client.get("/agents/dear/").content.decode()
    house.world.run()
    page = client.get("/agents/dear/").content.decode()
    for said in ("$0.250 of $1.00", "$0.750 left", "1 of 2", "2 calls by all workers together", "at most $0.500"):
        assert said in page
    house.world.run()
    assert "Calls: 2 of 2, nothing left" in client.get("/agents/dear/").content.decode()
    assert "Budget for today" not in client.get("/agents/echo/").content.decode()
