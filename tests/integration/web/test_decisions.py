"""Decisions: found by what people look for, and one of them explained rule by rule."""

from collections.abc import Callable

import pytest
from django.test import Client

from coordination.policies.models import PolicyDecision
from tests.integration.web.conftest import House


@pytest.fixture
def decided(house: House) -> PolicyDecision:
    """Return a decision that stopped an action, among others."""
    house.world.policy("limits", when="action.amount > 5.0", effect="deny")
    house.world.run({"text": "hi", "amount": 9})
    house.world.run({"text": "hi", "amount": 1})
    return PolicyDecision.objects.get(outcome="deny")


def listed(client: Client, query: str) -> int:
    return client.get(f"/decisions/?{query}").content.decode().count('<tr id="decision-')


def test_decisions_are_found_by_outcome_policy_text_and_action(house: House, decided: PolicyDecision) -> None:
    client = house.enter("manager", "manager")
    everything = listed(client, "")
    assert everything > 1
    together = "outcome=deny&hook=action&period=1h"
    for query in ("outcome=deny", "policy=limits", "rule=rule", "q=limits+speaks", together):
        assert listed(client, query) == 1, query
    assert listed(client, "action=mail.send") == 2
    for query in ("agent=nobody", "q=nothing+like+that", "policy=other"):
        assert listed(client, query) == 0
    assert "No decision fits" in client.get("/decisions/?agent=nobody").content.decode()


def test_odd_filters_are_left_out(house: House, decided: PolicyDecision) -> None:
    client = house.enter("manager", "manager")
    everything = listed(client, "")
    for query in ("outcome=maybe", "hook=x", "period=99y", "run=abc", "before=x", "q=%00"):
        assert listed(client, query) in (everything, 0)
        assert client.get(f"/decisions/?{query}").status_code == 200


def test_a_decision_is_explained_rule_by_rule(house: House, decided: PolicyDecision) -> None:
    page = house.enter("manager", "manager").get(f"/decisions/{decided.pk}/").content.decode()
    for said in ("limits speaks", "limits v1", "holds", "µs", "action.amount", decided.input_digest, "Stopped"):
        assert said in page


def test_a_rule_that_was_tried_out_is_told_beside_what_was_decided(house: House) -> None:
    house.world.policy("limits", when="action.amount > 5.0", effect="deny", mode="shadow")
    house.world.run({"text": "hi", "amount": 9})
    decision = PolicyDecision.objects.get(hook="action")
    page = house.enter("manager", "manager").get(f"/decisions/{decision.pk}/").content.decode()
    assert "Tried out:" in page
    assert "otherwise than decided" in page


def test_warnings_and_what_was_taken_out_are_told(house: House) -> None:
    house.world.policy("careful", when="action.amount > 5.0", effect="warn")
    house.world.policy("private", when="true", effect="redact", redact={"patterns": ["email"]})
    house.world.policy("fine", when="true", effect="allow")
    run = house.world.run({"text": "write to ann@example.org", "amount": 9})
    client = house.enter("manager", "manager")
    decision = PolicyDecision.objects.get(hook="action")
    for path in (f"/decisions/{decision.pk}/", f"/runs/{run.pk}/?tab=decisions", f"/runs/{run.pk}/"):
        page = client.get(path).content.decode()
        assert "Warning of careful v1" in page
        assert "an e-mail address in" in page


def test_a_limit_that_was_reached_says_how_much_was_used(house: House) -> None:
    house.world.policy("few", when="true", effect="limit", limit={"max": 1, "per": "1h"})
    house.world.policy("fine", when="true", effect="allow")
    for _ in range(2):
        run = house.world.run({"text": "hi", "amount": 9})
    client = house.enter("manager", "manager")
    decision = PolicyDecision.objects.get(outcome="deny")
    for path in (f"/decisions/{decision.pk}/", f"/runs/{run.pk}/?tab=decisions"):
        assert "1 of 1 used, this takes 1" in client.get(path).content.decode()


def test_another_organizations_decision_is_not_found(house: House, other: House, decided: PolicyDecision) -> None:
    stranger = other.enter("stranger", "admin")
    assert stranger.get(f"/decisions/{decided.pk}/").status_code == 404
    assert listed(stranger, "") == 0


def test_more_decisions_ask_the_database_no_more(house: House, queries: Callable[[Client, str], int]) -> None:
    house.world.policy("limits", when="action.amount > 5.0", effect="deny")
    client = house.enter("manager", "manager")
    house.world.run({"text": "hi", "amount": 9})
    few = queries(client, "/decisions/")
    for _ in range(5):
        house.world.run({"text": "hi", "amount": 9})
    assert queries(client, "/decisions/") == few


def test_a_question_shows_what_was_taken_out_and_what_was_warned_of(house: House) -> None:
    house.world.policy("careful", when="action.amount > 5.0", effect="warn")
    house.world.policy("private", when="true", effect="redact", redact={"patterns": ["email"]})
    request = house.ask("write to ann@example.org", amount=9)
    page = house.enter("rita", "reviewer").get(f"/approvals/{request.pk}/").content.decode()
    assert "Warning of careful v1" in page
    assert "an e-mail address in" in page
    assert "ann@example.org" not in page.partition("What came in")[0]
