"""Policies in the browser: the list, a new one, its page, and how it comes into force and out of it."""

from collections.abc import Callable

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.policies import services
from coordination.policies.models import Policy, PolicyVersion
from tests.integration.runs.conftest import manifest
from tests.integration.web.conftest import House
from tests.integration.web.policy_forms import FORM, post


def move(client: Client, act: str, version: int = 1, **said: str):
    return client.post("/policies/limits/move/", {"version": version, "act": act, **said})


def page_of(client: Client, path: str = "/policies/limits/") -> str:
    return client.get(path).content.decode()


def test_a_new_policy_is_saved_as_a_draft_and_enforced_at_once_because_it_only_tightens(house: House) -> None:
    client = house.enter("admin", "admin")
    assert post(client, "save").url == "/policies/limits/?version=1"
    page = page_of(client)
    assert "Above <u>$100</u> a person decides." in page
    assert "v1 draft" in page
    assert "Enforce now" in page
    move(client, "release")
    assert "v1 enforced" in page_of(client)


def test_an_older_version_comes_back_with_a_reason_that_the_history_keeps(house: House) -> None:
    house.world.policy("limits", when="action.amount > 50.0", effect="deny")
    client = house.enter("admin", "admin")
    house.world.policy("limits", when="action.amount > 5.0", effect="deny")
    assert "Roll back to v1" in page_of(client, "/policies/limits/?tab=history")
    client.post("/policies/limits/restore/", {"version": "1", "act": "restore", "reason": "Too strict."})
    enforced = Policy.objects.get(name="limits").enforced
    assert enforced is not None
    assert (enforced.number, enforced.spec["rules"][0]["when"]) == (3, "action.amount > 50.0")
    assert "says what v1 said" in page_of(client, "/policies/limits/?tab=history")


def test_going_further_back_than_one_step_needs_a_review_when_more_may_happen(house: House) -> None:
    for limit in (50, 20, 5):
        house.world.policy("limits", when=f"action.amount > {limit}.0", effect="deny")
    client = house.enter("admin", "admin")
    answer = client.post("/policies/limits/restore/", {"version": "1", "act": "restore"}, follow=True)
    assert "someone else reviews it first" in answer.content.decode()
    client.post("/policies/limits/restore/", {"version": "1", "act": "redraft"})
    newest = PolicyVersion.objects.latest("number")
    assert (newest.number, newest.status, newest.spec["rules"][0]["when"]) == (4, "draft", "action.amount > 50.0")


def test_what_restricts_something_is_not_taken_out_of_force_by_one_person(house: House) -> None:
    house.world.policy("limits", when="action.amount > 5.0", effect="deny")
    client = house.enter("admin", "admin")
    assert client.get("/policies/limits/disable/").status_code == 200
    answer = client.post("/policies/limits/disable/", {"reason": "Not needed."})
    assert answer.status_code == 409
    assert "ask for a review of its end" in answer.content.decode()
    assert Policy.objects.get(name="limits").enforced is not None
    house.enter("rita", "reviewer")
    house.enter("rob", "reviewer")
    asked = client.post("/policies/limits/disable/", {"reason": "Not needed.", "act": "ask"}, follow=True)
    assert "Others are asked" in asked.content.decode()
    assert "Look at the question" in page_of(client, "/policies/limits/disable/")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("rule-when", "action.amout > 1", "Line 1, column 1: unknown name action.amout. Did you mean action.amount?"),
        ("rule-key", "Over Limit", "Use lower-case letters"),
        ("rule-statement", "Above ${params.limt}", "Did you mean params.limit?"),
        ("param-0-value", "many", "Write a number."),
        ("rule-n_required", "0", "greater than or equal to 1"),
        ("name", "", "Use lower-case letters"),
        ("review_by", "soon", "date"),
    ],
)
def test_mistakes_lead_to_their_fields(house: House, name: str, value: str, says: str) -> None:
    answer = house.enter("admin", "admin").post("/policies/new/", {**FORM, "act": "save", name: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    errors = page.partition('id="errors"')[2].partition("</ul>")[0]
    assert f'href="#field-{name}"' in errors
    assert says in errors
    assert f'id="field-{name}-wrong"' in page
    assert not Policy.objects.exists()


def test_checking_saves_nothing_and_the_enter_key_only_checks(house: House) -> None:
    client = house.enter("admin", "admin")
    answer = client.post("/policies/new/", {**FORM, "act": "check"})
    assert answer.status_code == 200
    assert "Nothing is wrong with this policy." in answer.content.decode()
    form = page_of(client, "/policies/new/").partition('action="/policies/new/"')[2]
    assert form.index('value="check"') < form.index('value="add-row"')
    assert not Policy.objects.exists()


def test_a_name_that_is_taken_is_said(house: House) -> None:
    client = house.enter("admin", "admin")
    post(client, "save")
    assert "There is a policy of this name already" in post(client, "save").content.decode()


def test_the_details_are_changed_without_touching_the_rules(house: House) -> None:
    client = house.enter("admin", "admin")
    post(client, "save")
    assert 'value="Limits"' in page_of(client, "/policies/limits/edit/")
    typed = {"title": "Money", "owner": "finance", "tags": "EU AI Act 14, ASI02", "review_by": "2027-03-01"}
    client.post("/policies/limits/edit/", {**typed, "base": "1"})
    page = page_of(client)
    for said in ("<h1>Money</h1>", "finance", "EU AI Act 14", "ASI02", "2027-03-01", "Above <u>$100</u>"):
        assert said in page


def test_details_that_someone_else_changed_meanwhile_are_not_overwritten(house: House) -> None:
    client = house.enter("admin", "admin")
    post(client, "save")
    client.post("/policies/limits/edit/", {"title": "First", "owner": "one", "base": "1"})
    answer = client.post("/policies/limits/edit/", {"title": "Second", "owner": "two", "base": "1"})
    assert answer.status_code == 422
    assert "was saved by admin after you opened it" in answer.content.decode()
    assert Policy.objects.get().title == "First"


def test_who_may_not_edit_sees_no_button_and_is_refused(house: House) -> None:
    house.world.policy("limits", when="action.amount > 5.0", effect="deny")
    client = house.enter("manager", "manager")
    for tab in ("rules", "tests", "parameters", "exceptions", "diff", "history"):
        page = page_of(client, f"/policies/limits/?tab={tab}").partition("<main")[2].partition("</main>")[0]
        assert "<form" not in page
        assert "/edit/" not in page
    for path in ("new/", "practice/", "limits/edit/", "limits/disable/", "limits/add-rule/", "limits/rules/rule/"):
        assert client.get(f"/policies/{path}").status_code == 403
        assert post(client, "save", f"/policies/{path}").status_code == 403
    for path in ("move/", "restore/", "backtest/", "tests/", "parameters/", "exceptions/"):
        assert client.post(f"/policies/limits/{path}", {"version": 1}).status_code == 403
        assert client.get(f"/policies/limits/{path}").status_code == 405
    assert PolicyVersion.objects.count() == 1


def test_another_organizations_policy_is_not_found(house: House, other: House) -> None:
    house.world.policy("limits", when="action.amount > 5.0", effect="deny")
    stranger = other.enter("stranger", "admin")
    for path in ("limits/", "limits/edit/", "limits/disable/", "limits/add-rule/", "limits/rules/rule/"):
        assert stranger.get(f"/policies/{path}").status_code == 404
    for path in ("move/", "restore/", "backtest/", "tests/", "parameters/", "exceptions/"):
        assert stranger.post(f"/policies/limits/{path}", {"version": 1}).status_code == 404
    assert "No policies yet" in page_of(stranger, "/policies/")


def test_how_often_a_rule_fired_and_what_was_decided_is_shown(house: House) -> None:
    house.world.policy("limits", when="action.amount > 5.0", effect="deny")
    house.world.run({"text": "hi", "amount": 9})
    client = house.enter("manager", "manager")
    page = page_of(client)
    assert "fired 1 time in 7 days" in page
    assert "limits speaks" in page
    assert "Stopped" in page
    assert "Decided lately" in page
    listed = page_of(client, "/policies/")
    assert "Each of the last 7 days, oldest first: 0, 0, 0, 0, 0, 0, 1" in listed


def test_the_list_shows_a_draft_beside_what_is_enforced(house: House) -> None:
    house.world.policy("limits", when="action.amount > 5.0", effect="deny")
    client = house.enter("admin", "admin")
    client.post("/policies/limits/edit/", {"title": "Limits", "owner": "finance", "base": "1"})
    page = page_of(client, "/policies/")
    assert "v1 enforced" in page
    assert "v2 draft" in page


def test_more_policies_ask_the_database_no_more(house: House, queries: Callable[[Client, str], int]) -> None:
    client = house.enter("manager", "manager")
    few = queries(client, "/policies/")
    for number in range(10):
        house.world.policy(f"more-{number}", when="action.amount > 5.0", effect="deny")
    assert queries(client, "/policies/") <= few + 1


def test_more_rules_ask_the_database_no_more(house: House, queries: Callable[[Client, str], int]) -> None:
    client = house.enter("manager", "manager")
    house.world.policy("limits", when="action.amount > 5.0", effect="deny")
    few = queries(client, "/policies/limits/")
    rule = {"statement": "No.", "when": "action.amount > 5.0", "effect": "deny"}
    many = manifest("Policy", "many", {"rules": [{**rule, "key": f"rule-{number}"} for number in range(20)]})
    version = services.save_draft(house.organization, many, SYSTEM)
    services.publish(version.policy, version.number, SYSTEM)
    assert queries(client, "/policies/many/") == few
