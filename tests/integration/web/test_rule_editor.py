"""One rule in the editor: sentence, rows and CEL stay in step, with a script and without."""

from typing import Any

import pytest
from django.test import Client

from coordination.policies.models import Policy, PolicyVersion
from tests.integration.web.conftest import House
from tests.integration.web.policy_forms import FORM, LIVE, post, typed_in

RULE = "/policies/limits/rules/over/"


@pytest.fixture
def admin(house: House) -> Client:
    client = house.enter("admin", "admin")
    assert post(client, "save").status_code == 302
    return client


def shown(client: Client, path: str = RULE) -> dict[str, str]:
    return typed_in(client.get(path).content.decode())


def after(client: Client, typed: dict[str, str], path: str = RULE, **changes: str) -> tuple[dict[str, str], str]:
    """Return what the form holds after a change, and its markup, as the live editor gets it."""
    changes = {name.replace("__", "-"): text for name, text in changes.items()}
    page = client.post(path, {**typed, **changes}, headers=LIVE).content.decode()
    assert "<html" not in page
    return typed_in(page) | {"base": typed["base"]}, page


def saved(client: Client, typed: dict[str, str], **changes: str) -> dict[str, Any]:
    changes = {name.replace("__", "-"): text for name, text in changes.items()}
    answer = client.post(RULE, {**typed, **changes, "act": "save"})
    assert answer.status_code == 302, answer.content.decode()
    rule: dict[str, Any] = PolicyVersion.objects.latest("number").spec["rules"][0]
    return rule


def test_the_form_says_what_the_rule_says_and_saving_it_again_changes_nothing(admin: Client) -> None:
    typed = shown(admin)
    assert (typed["row-0-field"], typed["row-0-operator"], typed["row-0-value"]) == ("action.amount", "is above", "100")
    assert typed["rule-when"] == "action.amount > params.limit"
    admin.post(RULE, {**typed, "act": "save"})
    assert PolicyVersion.objects.count() == 1


def test_a_row_writes_the_cel(admin: Client) -> None:
    typed, _ = after(admin, shown(admin), act="add-row")
    row = {"row-1-field": "action.name", "row-1-operator": "is one of", "row-1-value": "refund, credit"}
    typed, _ = after(admin, {**typed, **row})
    assert typed["rule-when"] == 'action.amount > params.limit &&\naction.name in ["refund", "credit"]'
    typed, _ = after(admin, typed, join="any")
    assert " ||\n" in typed["rule-when"]
    typed, _ = after(admin, typed, act="remove-row-0")
    assert typed["rule-when"] == 'action.name in ["refund", "credit"]'


def test_cel_writes_the_rows(admin: Client) -> None:
    typed, page = after(admin, shown(admin), rule__when='action.amount > params.limit && agent.role == "clerk"')
    assert (typed["row-1-field"], typed["row-1-operator"], typed["row-1-value"]) == ("agent.role", "is", "clerk")
    assert "the agent’s role is clerk" in page


def test_a_sentence_writes_both(admin: Client) -> None:
    said = "When the amount is at least ${params.limit} and the agent is bob, then a reviewer must agree."
    typed, _ = after(admin, shown(admin), rule__statement=said)
    assert typed["rule-when"] == 'action.amount >= params.limit &&\nagent.name == "bob"'
    assert typed["row-1-value"] == "bob"


def test_a_statement_that_follows_the_rows_goes_on_following(admin: Client) -> None:
    typed, _ = after(admin, shown(admin), act="say")
    assert typed["rule-statement"] == "When the amount is above ${params.limit}, then a reviewer must agree."
    typed, _ = after(admin, typed, row__0__operator="is at least")
    assert typed["rule-statement"] == "When the amount is at least ${params.limit}, then a reviewer must agree."


def test_a_statement_in_ones_own_words_stays(admin: Client) -> None:
    typed, page = after(admin, shown(admin), row__0__operator="is at least")
    assert typed["rule-statement"] == FORM["rule-statement"]
    assert "the amount is at least" in page


def test_a_parameters_value_is_typed_in_its_row(admin: Client) -> None:
    typed, _ = after(admin, shown(admin), row__0__value="75")
    assert typed["param-0-value"] == "75"
    assert typed["rule-when"] == "action.amount > params.limit"
    typed, _ = after(admin, typed, param__0__value="60")
    assert typed["row-0-value"] == "60"
    assert saved(admin, typed)["params"]["limit"]["value"] == 60


def test_free_cel_is_shown_as_such_and_kept(admin: Client) -> None:
    free = "size(action.args) > 3 || action.amount * 2 > params.limit"
    typed, page = after(admin, shown(admin), rule__when=free)
    assert "rows cannot say this condition" in page
    assert typed["rule-when"] == free
    assert saved(admin, typed)["when"] == free


def test_a_slip_in_cel_is_told_with_its_place_and_one_click_corrects_it(admin: Client) -> None:
    typed, page = after(admin, shown(admin), rule__when="action.amount > params.limit &&\nagent.trsut < 3")
    assert "Line 2, column 1: unknown name agent.trsut." in page
    assert 'data-goto="2:1"' in page
    typed, page = after(admin, typed, rule__when="action.amount > params.limit &&\n agent.authoriti < 3")
    assert "<u>agent.authoriti</u>" in page
    assert 'value="meant-2-2-agent.authority"' in page
    typed, page = after(admin, typed, act="meant-2-2-agent.authority")
    assert typed["rule-when"] == "action.amount > params.limit &&\n agent.authority < 3"
    assert "data-goto" not in page


def test_without_a_script_the_whole_page_answers(admin: Client) -> None:
    typed = shown(admin)
    page = admin.post(RULE, {**typed, "act": "add-row"}).content.decode()
    assert "<html" in page
    assert 'name="row-1-field"' in page
    answer = admin.post(RULE, {**typed, "row-0-operator": "is below", "act": "check"})
    assert "action.amount &lt; params.limit" in answer.content.decode()


def test_how_often_it_would_have_fired_is_told_while_it_is_typed(house: House, admin: Client) -> None:
    house.world.run({"text": "hi", "amount": 150})
    house.world.run({"text": "hi", "amount": 50})
    typed, page = after(admin, shown(admin))
    assert "Would have fired once in the last 7 days." in page
    _, page = after(admin, typed, row__0__value="10")
    assert "Would have fired 2 times in the last 7 days." in page


def test_an_unfinished_row_is_not_saved(admin: Client) -> None:
    typed, page = after(admin, shown(admin), act="add-row", row__0__value="80")
    assert "choose a fact" not in page
    answer = admin.post(RULE, {**typed, "act": "save"})
    assert answer.status_code == 422
    assert "choose a fact" in answer.content.decode()
    assert PolicyVersion.objects.count() == 1


def test_a_runaway_rule_is_refused_where_it_is_written(admin: Client) -> None:
    answer = admin.post(RULE, {**shown(admin), "rule-when": "(" * 40 + "true" + ")" * 40, "act": "save"})
    assert answer.status_code == 422
    assert "nested too deeply" in answer.content.decode()


def test_a_rule_is_added_and_removed(admin: Client) -> None:
    typed = typed_in(admin.get("/policies/limits/add-rule/").content.decode())
    more = {"rule-key": "never", "row-0-field": "action.name", "row-0-value": "wipe", "rule-effect": "deny"}
    assert admin.post("/policies/limits/add-rule/", {**typed, **more, "act": "save"}).status_code == 302
    rules = PolicyVersion.objects.latest("number").spec["rules"]
    assert [rule["key"] for rule in rules] == ["over", "never"]
    assert rules[1]["statement"] == "When the action is wipe, then it is refused."
    typed = shown(admin, "/policies/limits/rules/never/")
    admin.post("/policies/limits/rules/never/", {**typed, "act": "remove"})
    assert len(PolicyVersion.objects.latest("number").spec["rules"]) == 1
    answer = admin.post(RULE, {**shown(admin), "act": "remove"})
    assert answer.status_code == 422
    assert "needs at least one rule" in answer.content.decode()


def test_tests_and_exceptions_outlive_an_edit(admin: Client) -> None:
    given = {"rule": "over", "title": "large", "given": "action.amount: 250", "expected": "holds", "act": "add"}
    assert admin.post("/policies/limits/tests/", {**given, "base": "1"}).status_code == 302
    assert saved(admin, shown(admin), row__0__value="75")["tests"][0]["title"] == "large"


def test_two_admins_who_edit_one_draft_overwrite_nothing(house: House, admin: Client) -> None:
    other = house.enter("ada", "admin")
    mine, theirs = shown(admin), shown(other)
    assert saved(admin, mine, row__0__value="75")["params"]["limit"]["value"] == 75
    _, page = after(other, theirs, row__0__value="20")
    assert "admin saved version 2 after you opened version 1" in page
    answer = other.post(RULE, {**theirs, "row-0-value": "20", "act": "save"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "was saved by admin after you opened it" in page
    assert 'value="20"' in page
    assert Policy.objects.get().versions.count() == 2


@pytest.mark.parametrize(
    ("effect", "fields", "part", "value"),
    [
        ("limit", {"rule-limit_max": "3", "rule-limit_per": "1h", "rule-limit_by": "agent.name"}, "limit",
         {"by": ["agent.name"], "max": 3.0, "per": "1h", "of": "count"}),
        ("redact", {"rule-redact_patterns": "email, card", "rule-redact_fields": "customer.name"}, "redact",
         {"fields": ["customer.name"], "patterns": ["email", "card"]}),
        ("warn", {}, "effect", "warn"),
    ],
)  # fmt: skip
def test_every_effect_can_be_written(admin: Client, effect: str, fields: dict[str, str], part: str, value: Any) -> None:
    answer = admin.post(RULE, {**shown(admin), "rule-effect": effect, **fields, "act": "save"})
    assert answer.status_code == 302, answer.content.decode()
    rule = PolicyVersion.objects.latest("number").spec["rules"][0]
    assert rule[part] == value
    form = shown(admin)
    assert form["rule-effect"] == effect
    assert {name: form[name] for name in fields} == fields


def test_a_rule_that_is_not_there_is_not_found(admin: Client) -> None:
    assert admin.get("/policies/limits/rules/nowhere/").status_code == 404
