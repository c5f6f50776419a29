"""Budgets in the browser."""

from collections.abc import Callable

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.audit.models import AuditEvent
from coordination.runs.models import Budget, Run
from coordination.runs.services import set_budget
from coordination.web import words
from tests.integration.web.conftest import House
from tests.working import claim


def text_of(client: Client, path: str = "/budgets/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.fixture
def shop(house: House) -> House:
    """A house in which a run costs a quarter dollar, and may cost up to a half."""
    house.world.agent("dear", "spend", max_cost_usd_per_call=0.5, max_tokens_per_call=10)
    buy = {"id": "buy", "agent": {"name": "dear"}, "input": {"cost": 250_000, "tokens": 7}}
    house.world.workflow(buy)
    return house


def test_a_budget_is_set_changed_and_lifted_without_a_script(shop: House) -> None:
    client = shop.enter("admin", "admin")
    assert "No budgets yet" in text_of(client)
    assert client.post("/budgets/new/", {"workflow": "", "cost_usd": "50", "calls": "1000"}).url == "/budgets/"
    assert client.post("/budgets/new/", {"workflow": "flow", "tokens": "8000"}).url == "/budgets/"
    assert dict(Budget.objects.values_list("workflow", "limits")) == {
        "": {"cost_usd": 50.0, "calls": 1000},
        "flow": {"tokens": 8000},
    }
    page = text_of(client)
    for said in ("The whole organization", "$0 of $50.00", "0 of 1,000", "0 of 8,000", "workflow · set here"):
        assert said in page
    form = text_of(client, "/budgets/workflow:flow/edit/")
    assert 'value="8000"' in form
    assert 'name="workflow"' not in form
    assert client.post("/budgets/workflow:flow/edit/", {"calls": "5"}).status_code == 302
    assert Budget.objects.get(workflow="flow").limits == {"calls": 5}
    assert "other budgets still hold" in text_of(client, "/budgets/workflow:flow/lift/")
    assert client.post("/budgets/workflow:flow/lift/").url == "/budgets/"
    assert client.post("/budgets/organization/lift/").url == "/budgets/"
    assert not Budget.objects.exists()
    assert "No budgets yet" in text_of(client)
    assert client.get("/budgets/workflow:flow/lift/").status_code == 404


def test_the_page_says_what_is_used_reserved_and_left_today(shop: House) -> None:
    set_budget(shop.organization, "", {"cost_usd": 1, "tokens": 100}, SYSTEM)
    shop.world.run()
    assert claim(shop.world.start().pk, "buy") is not None
    page = text_of(shop.enter("manager", "manager"))
    assert "Money: $0.250 of $1.00, $0.500 reserved, $0.250 left" in page
    assert "Tokens: 7 of 100, 10 reserved, 83 left" in page
    assert "no limit" in page


def test_budgets_of_manifests_stand_there_too_and_lead_to_where_they_are_written(shop: House) -> None:
    shop.world.agent("dear", "spend", budget_per_day={"calls": 3})
    shop.world.workflow({"id": "buy", "agent": {"name": "dear"}}, budget_per_day={"cost_usd": 2})
    shop.world.run()
    page = text_of(shop.enter("admin", "admin"))
    for said in ('href="/agents/dear/"', 'href="/workflows/flow/"', "in its manifest", "1 of 3", "$0 of $2.00"):
        assert said in page
    assert "/edit/" not in page


def test_the_page_says_whom_a_budget_stopped_to_those_who_may_read_the_record(shop: House) -> None:
    set_budget(shop.organization, "flow", {"calls": 1}, SYSTEM)
    shop.world.run()
    run = shop.world.run()
    manager = shop.enter("manager", "manager")
    assert "The budget of 1 call a day for flow is spent" in text_of(manager)
    assert f"/runs/{run.pk}/?tab=steps&amp;step=buy" in text_of(manager)
    assert "Refused lately" not in text_of(shop.enter("reviewer", "reviewer"))
    record = text_of(manager, f"/runs/{run.pk}/?tab=audit")
    assert "No call for buy: The budget of 1 call a day for flow is spent" in record


def test_only_admins_change_budgets_and_everybody_reads_them(shop: House) -> None:
    set_budget(shop.organization, "", {"calls": 9}, SYSTEM)
    for role in ("manager", "reviewer", "auditor"):
        client = shop.enter(role, role)
        page = text_of(client)
        assert "0 of 9" in page
        assert "/budgets/new/" not in page
        for path in ("/budgets/new/", "/budgets/organization/lift/"):
            assert client.get(path).status_code == 403
            assert client.post(path, {"calls": "1"}).status_code == 403
    assert Budget.objects.get().limits == {"calls": 9}


def test_another_organizations_budgets_are_neither_seen_nor_changed(shop: House, other: House) -> None:
    set_budget(shop.organization, "", {"calls": 77}, SYSTEM)
    set_budget(shop.organization, "flow", {"calls": 78}, SYSTEM)
    stranger = other.enter("stranger", "admin")
    assert "No budgets yet" in text_of(stranger)
    assert stranger.get("/budgets/workflow:flow/lift/").status_code == 404
    assert stranger.post("/budgets/organization/lift/").status_code == 404
    assert stranger.post("/budgets/workflow:flow/edit/", {"calls": "1"}).status_code == 404
    assert stranger.post("/budgets/new/", {"workflow": "flow", "calls": "1"}).status_code == 422
    assert sorted(budget.limits["calls"] for budget in Budget.objects.all()) == [77, 78]


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"cost_usd": "0"}, "cost_usd", "greater than 0"),
        ({"calls": "many"}, "calls", "whole number"),
        ({"tokens": "1.5"}, "tokens", "whole number"),
        ({}, "cost_usd", "Limit at least one of dollars, tokens and calls"),
        ({"workflow": "nothing", "calls": "1"}, "workflow", "no workflow"),
    ],
)
def test_mistakes_stand_beside_their_fields(shop: House, typed: dict[str, str], field: str, says: str) -> None:
    answer = shop.enter("admin", "admin").post("/budgets/new/", {"workflow": "", **typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in page
    assert says in page.partition(f'id="field-{field}-wrong"')[2].partition("</span>")[0]
    assert not Budget.objects.exists()


def test_a_budget_that_is_there_is_not_replaced_by_a_new_one(shop: House) -> None:
    set_budget(shop.organization, "", {"calls": 9}, SYSTEM)
    answer = shop.enter("admin", "admin").post("/budgets/new/", {"workflow": "", "calls": "1"})
    assert (answer.status_code, "has a budget already" in answer.content.decode()) == (422, True)
    assert Budget.objects.get().limits == {"calls": 9}


def test_the_record_says_budgets_in_words(shop: House) -> None:
    client = shop.enter("admin", "admin")
    client.post("/budgets/new/", {"workflow": "", "calls": "1"})
    client.post("/budgets/organization/lift/")
    said = [words.event(kind) for kind in AuditEvent.objects.filter(stream="budgets").values_list("kind", flat=True)]
    assert sorted(said) == ["Budget lifted", "Budget set"]
    assert words.event("BudgetRefused") == "Call refused by a budget"
    record = AuditEvent.objects.filter(kind="BudgetSet").get()
    assert 'href="/budgets/"' in text_of(client, f"/audit/{record.pk}/")


def test_more_budgets_ask_the_database_no_more(shop: House, queries: Callable[[Client, str], int]) -> None:
    client = shop.enter("manager", "manager")
    set_budget(shop.organization, "", {"calls": 9}, SYSTEM)
    shop.world.agent("some", budget_per_day={"calls": 1})
    before = queries(client, "/budgets/")
    for n in range(10):
        shop.world.agent(f"agent-{n}", budget_per_day={"calls": 1})
        shop.world.workflow({"id": "a", "set": {}}, name=f"flow-{n}", budget_per_day={"calls": 1})
        set_budget(shop.organization, f"flow-{n}", {"calls": 1}, SYSTEM)
    assert queries(client, "/budgets/") == before
    assert Run.objects.count() == 0
