"""Policies in the browser; every row comes and goes without a script."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from coordination.policies.models import Policy, PolicyVersion
from tests.integration.web.conftest import House

FORM = {
    "name": "limits",
    "title": "Limits",
    "rule-0-key": "over",
    "rule-0-statement": "Above $${params.limit} a person decides.",
    "rule-0-hooks": "action",
    "rule-0-when": "action.amount > params.limit",
    "rule-0-effect": "require_approval",
    "rule-0-role": "reviewer",
    "rule-0-n_required": "1",
    "rule-0-severity": "high",
    "rule-0-param-0-name": "limit",
    "rule-0-param-0-type": "double",
    "rule-0-param-0-value": "100",
    "rule-0-param-0-title": "Limit",
}


def post(client: Client, act: str, path: str = "/policies/new/", **changes: Any):
    return client.post(path, {**FORM, "act": act, **{name.replace("__", "-"): text for name, text in changes.items()}})


def test_a_policy_is_saved_as_a_draft_published_and_rolled_back(house: House) -> None:
    client = house.enter("admin", "admin")
    assert post(client, "save").url == "/policies/limits/?version=1"
    page = client.get("/policies/limits/").content.decode()
    assert "Above $<u>100</u> a person decides." in page
    assert "v1 draft" in page
    assert client.post("/policies/limits/publish/", {"version": "1"}).status_code == 302
    assert post(client, "save", "/policies/limits/edit/", rule__0__param__0__value="50").status_code == 302
    client.post("/policies/limits/publish/", {"version": "2"})
    assert "Roll back to v1" in client.get("/policies/limits/").content.decode()
    client.post("/policies/limits/rollback/", {"version": "1"})
    enforced = Policy.objects.get(name="limits").enforced
    assert enforced is not None
    assert (enforced.number, enforced.spec["rules"][0]["params"]["limit"]["value"]) == (3, 100)
    assert client.get("/policies/limits/disable/").status_code == 200
    assert Policy.objects.get(name="limits").enforced is not None
    client.post("/policies/limits/disable/")
    assert Policy.objects.get(name="limits").enforced is None


def test_the_form_of_a_policy_says_what_it_says(house: House) -> None:
    client = house.enter("admin", "admin")
    post(client, "save", rule__0__message_to_human="Look twice.")
    page = client.get("/policies/limits/edit/").content.decode()
    for said in ('value="over"', "Look twice.", 'value="100', "action.amount &gt; params.limit"):
        assert said in page
    assert post(client, "save", "/policies/limits/edit/", rule__0__message_to_human="Look twice.").status_code == 302
    assert PolicyVersion.objects.filter(policy__name="limits").count() == 1


def test_rows_are_added_and_removed_by_submit_buttons(house: House) -> None:
    client = house.enter("admin", "admin")
    page = post(client, "add-rule").content.decode()
    assert 'name="rule-1-key"' in page
    assert 'value="over"' in page
    assert 'name="rule-0-param-1-name"' in post(client, "add-param-0").content.decode()
    assert 'name="rule-0-param-0-name"' not in post(client, "remove-param-0-0").content.decode()
    assert 'name="rule-0-key"' not in post(client, "remove-rule-0").content.decode()
    for odd in ("remove-rule-9", "remove-rule-x", "add-param-9", "nonsense", "remove-param-0-9"):
        assert post(client, odd).status_code == 200
    assert not Policy.objects.exists()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("rule-0-when", "action.amout > 1", "Line 1, column 1: unknown name action.amout. Did you mean action.amount?"),
        ("rule-0-key", "Over Limit", "Use lower-case letters"),
        ("rule-0-statement", "Above ${params.limt}", "Did you mean params.limit?"),
        ("rule-0-param-0-value", "many", "Write a number."),
        ("rule-0-n_required", "0", "greater than or equal to 1"),
        ("name", "", "Use lower-case letters"),
        ("review_by", "soon", "date"),
    ],
)
def test_mistakes_stand_beside_their_fields(house: House, name: str, value: str, says: str) -> None:
    answer = house.enter("admin", "admin").post("/policies/new/", {**FORM, "act": "save", name: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#field-{name}"' in page
    assert says in page.partition(f'id="field-{name}-wrong"')[2].partition("</span>")[0]
    assert not Policy.objects.exists()


def test_checking_saves_nothing_and_the_enter_key_only_checks(house: House) -> None:
    client = house.enter("admin", "admin")
    answer = client.post("/policies/new/", FORM)
    assert answer.status_code == 200
    assert "Nothing is wrong with these rules." in answer.content.decode()
    form = client.get("/policies/new/").content.decode().partition('action="/policies/new/"')[2]
    assert form.index('value="check"') < form.index('value="add-rule"')
    assert not Policy.objects.exists()


def test_a_name_that_is_taken_is_said(house: House) -> None:
    client = house.enter("admin", "admin")
    post(client, "save")
    assert "There is a policy of this name already" in post(client, "save").content.decode()


def test_who_may_not_edit_sees_no_button_and_is_refused(house: House) -> None:
    house.world.policy("limits", when="action.amount > 5.0", effect="deny")
    client = house.enter("manager", "manager")
    for word in ("/edit/", "/disable/", "/publish/", "/rollback/"):
        assert word not in client.get("/policies/limits/").content.decode()
    for path in ("new/", "limits/edit/", "limits/disable/"):
        assert client.get(f"/policies/{path}").status_code == 403
        assert post(client, "save", f"/policies/{path}").status_code == 403
    for path in ("publish/", "rollback/"):
        assert client.post(f"/policies/limits/{path}", {"version": 1}).status_code == 403
        assert client.get(f"/policies/limits/{path}").status_code == 405
    assert PolicyVersion.objects.count() == 1


def test_another_organizations_policy_is_not_found(house: House, other: House) -> None:
    house.world.policy("limits", when="action.amount > 5.0", effect="deny")
    stranger = other.enter("stranger", "admin")
    for path in ("limits/", "limits/edit/", "limits/disable/"):
        assert stranger.get(f"/policies/{path}").status_code == 404
    assert stranger.post("/policies/limits/rollback/", {"version": 1}).status_code == 404
    assert "No policies yet" in stranger.get("/policies/").content.decode()


def test_how_often_a_rule_fired_and_what_was_decided_is_shown(house: House) -> None:
    house.world.policy("limits", when="action.amount > 5.0", effect="deny")
    house.world.run({"text": "hi", "amount": 9})
    client = house.enter("manager", "manager")
    page = client.get("/policies/limits/").content.decode()
    assert "in 7 days" in page
    assert "did not fire" not in page
    assert "limits speaks" in page
    assert "Stopped" in page


def test_more_policies_ask_the_database_no_more(house: House, queries: Callable[[Client, str], int]) -> None:
    client = house.enter("manager", "manager")
    few = queries(client, "/policies/")
    for number in range(10):
        house.world.policy(f"more-{number}", when="action.amount > 5.0", effect="deny")
    assert queries(client, "/policies/") == few
