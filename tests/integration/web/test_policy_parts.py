"""The tabs and panels of a policy's page: tests, parameters, exceptions, differences, and the way to enforcement."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.approvals.models import ApprovalRequest
from coordination.engine.manifest import Manifest
from coordination.policies import services
from coordination.policies.models import Policy, PolicyPractice, PolicyVersion
from coordination.shared.clock import now
from tests.integration.web.conftest import House
from tests.working import let_answers_count

OVER = {
    "key": "over",
    "statement": "More than $${params.limit} is decided by a reviewer.",
    "when": "action.amount > params.limit",
    "effect": "require_approval",
    "approval": {"role": "reviewer"},
    "params": {"limit": {"type": "double", "value": 100, "title": "Asked above"}},
}
TESTS = [
    {"title": "large", "given": {"action.amount": 800.0}, "expected": True},
    {"title": "small", "given": {"action.amount": 10.0}, "expected": False},
]


@pytest.fixture
def limits(house: House) -> Policy:
    """Return a policy that is enforced."""
    version = save(house, OVER)
    services.publish(version.policy, version.number, SYSTEM)
    return Policy.objects.get()


def save(house: House, *rules: dict[str, Any]) -> PolicyVersion:
    manifest = {"kind": "Policy", "metadata": {"name": "limits"}, "spec": {"owner": "finance", "rules": list(rules)}}
    return services.save_draft(house.organization, Manifest.model_validate(manifest), SYSTEM)


def tab(client: Client, name: str, version: int | str = "") -> str:
    return client.get(f"/policies/limits/?tab={name}&version={version}").content.decode()


def newest() -> PolicyVersion:
    return PolicyVersion.objects.latest("number")


def test_tests_are_added_run_and_removed(house: House, limits: Policy) -> None:
    client = house.enter("admin", "admin")
    assert "Needs one in which it holds and one in which it does not." in tab(client, "tests")
    typed = {"rule": "over", "title": "large", "given": "action.amount: 250", "expected": "holds", "act": "add"}
    client.post("/policies/limits/tests/", {**typed, "base": "1"})
    page = tab(client, "tests")
    assert "passes" in page
    assert "Tests 1 ✓" in page
    client.post("/policies/limits/tests/", {**typed, "title": "wrong", "given": "action.amount: 50", "base": "2"})
    page = tab(client, "tests")
    assert "It does not hold, for action.amount &gt; params.limit is false: action.amount is 50" in page
    assert "Tests 1 of 2 ✗" in page
    client.post("/policies/limits/tests/", {"rule": "over", "act": "remove-1", "base": "3"})
    assert [test["title"] for test in newest().spec["rules"][0]["tests"]] == ["large"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("action.amout: 5", "Did you mean action.amount?"),
        ("action.amount: [", "Line"),
        ("action.amount: many", "double"),
    ],
)
def test_a_test_with_a_slip_is_not_saved(house: House, limits: Policy, given: str, says: str) -> None:
    client = house.enter("admin", "admin")
    typed = {"rule": "over", "title": "t", "given": given, "expected": "holds", "act": "add", "base": "1"}
    answer = client.post("/policies/limits/tests/", typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert says in page
    assert given in page
    assert PolicyVersion.objects.count() == 1


def test_a_parameter_is_changed_without_touching_the_rule(house: House, limits: Policy) -> None:
    client = house.enter("admin", "admin")
    assert 'value="100' in tab(client, "parameters")
    answer = client.post("/policies/limits/parameters/", {"value-over-limit": "50", "base": "1", "note": "Costs rose."})
    assert answer.url == "/policies/limits/?version=2&tab=diff"
    page = tab(client, "diff", 2)
    assert "<b>over</b> asks a person above $50 instead of $100" in page
    assert "less may happen" in page
    assert "Costs rose." in tab(client, "history")


def test_a_parameter_of_another_type_is_said_beside_its_field(house: House, limits: Policy) -> None:
    typed = {"value-over-limit": "lots", "base": "1"}
    answer = house.enter("admin", "admin").post("/policies/limits/parameters/", typed)
    assert answer.status_code == 422
    wrong = answer.content.decode().partition('id="value-over-limit-wrong"')[2].partition("</span>")[0]
    assert "write a number" in wrong
    assert PolicyVersion.objects.count() == 1


def test_an_exception_is_added_for_a_while_and_ended_now(house: House, limits: Policy) -> None:
    client = house.enter("admin", "admin")
    day = (now() + timedelta(days=5)).date().isoformat()
    typed = {"rule": "over", "until": day, "agents": "bob", "reason": "Fair in May.", "act": "add", "base": "1"}
    client.post("/policies/limits/exceptions/", typed)
    services.publish(limits, 2, SYSTEM)
    page = tab(client, "exceptions")
    assert "Does not hold for agents bob" in page
    assert "Exceptions 1" in page
    client.post("/policies/limits/exceptions/", {"rule": "over", "act": "end-0", "base": "2"})
    enforced = Policy.objects.get().enforced
    assert enforced is not None
    assert (enforced.number, enforced.spec["rules"][0]["exceptions"]) == (3, [])


def test_an_exception_lasts_thirty_days_at_most_and_needs_a_reason(house: House, limits: Policy) -> None:
    client = house.enter("admin", "admin")
    day = (now() + timedelta(days=45)).date().isoformat()
    typed = {"rule": "over", "until": day, "agents": "bob", "reason": "Fair.", "act": "add", "base": "1"}
    answer = client.post("/policies/limits/exceptions/", typed)
    assert answer.status_code == 422
    assert "30 days" in answer.content.decode()
    answer = client.post("/policies/limits/exceptions/", {"rule": "over", "act": "add", "base": "1"})
    page = answer.content.decode()
    for said in ("choose the last day", "say why", "at least one workflow"):
        assert said in page
    assert PolicyVersion.objects.count() == 1


def test_the_way_leads_from_a_draft_to_its_reviewers(house: House, limits: Policy) -> None:
    save(house, {**OVER, "params": {"limit": {"type": "double", "value": 500}}, "tests": TESTS})
    client = house.enter("admin", "admin")
    rita, rob = house.enter("rita", "reviewer"), house.enter("rob", "reviewer")
    move = "/policies/limits/move/"
    assert "Two people approve (not the author)" in tab(client, "rules")
    client.post(move, {"version": 2, "act": "validate"})
    assert "Validated · 2 tests pass" in tab(client, "rules")
    client.post(move, {"version": 2, "act": "review", "way": "direct", "note": "Fewer questions."})
    request = ApprovalRequest.objects.get(subject="policy:limits/v2")
    assert f"/approvals/{request.pk}/" in tab(client, "rules")
    for reviewer, voters in ((rita, 1), (rob, 2)):
        page = reviewer.get(f"/approvals/{request.pk}/").content.decode()
        change = "<b>over</b> asks a person above $500 instead of $100"
        for said in (change, "more may happen", "Fewer questions", "tests 2 ✓"):
            assert said in page
        assert 'value="edit"' not in page
        typed = {"verdict": "approve", "revision": 1, "reason": "Seen."}
        reviewer.post(f"/approvals/{request.pk}/answer/", typed)
        let_answers_count()
        request.refresh_from_db()
        assert len(request.voters) == voters
    assert "v2 enforced" in tab(client, "rules")


def test_a_draft_without_tests_is_not_validated_and_the_page_says_why(house: House, limits: Policy) -> None:
    save(house, {**OVER, "params": {"limit": {"type": "double", "value": 50}}})
    client = house.enter("admin", "admin")
    answer = client.post("/policies/limits/move/", {"version": 2, "act": "validate"}, follow=True)
    assert "over needs a test more" in answer.content.decode()
    assert newest().status == "draft"


def test_what_loosens_is_not_enforced_by_one_person(house: House, limits: Policy) -> None:
    save(house, {**OVER, "params": {"limit": {"type": "double", "value": 500}}})
    client = house.enter("admin", "admin")
    assert "Enforce now" not in tab(client, "rules")
    answer = client.post("/policies/limits/move/", {"version": 2, "act": "release"}, follow=True)
    assert "someone else reviews it first" in answer.content.decode()


def test_a_backtest_is_started_shown_and_its_matrix_read(house: House, limits: Policy) -> None:
    house.world.run({"text": "hi", "amount": 70})
    version = save(house, {**OVER, "params": {"limit": {"type": "double", "value": 50}}})
    client = house.enter("admin", "admin")
    client.post("/policies/limits/backtest/", {"version": 2})
    page = tab(client, "rules")
    assert "waits for a worker" in page
    services.perform_backtest(version.backtests.get().pk)
    page = tab(client, "rules")
    assert "v1 ↓ v2 →" in page
    assert "Nothing that was stopped would now pass." in page
    assert "Most affected" not in page or "echo" in page


def test_a_backtest_is_stopped(house: House, limits: Policy) -> None:
    version = save(house, {**OVER, "params": {"limit": {"type": "double", "value": 50}}})
    client = house.enter("admin", "admin")
    client.post("/policies/limits/backtest/", {"version": 2})
    client.post("/policies/limits/backtest/", {"version": 2, "act": "stop"})
    assert version.backtests.get().status == "cancelled"
    assert "It was stopped." in tab(client, "rules")


def test_a_version_in_shadow_shows_how_often_it_parts_from_what_is_enforced(house: House, limits: Policy) -> None:
    save(house, {**OVER, "effect": "deny", "approval": None, "tests": TESTS})
    client = house.enter("admin", "admin")
    client.post("/policies/limits/move/", {"version": 2, "act": "shadow"})
    house.world.run({"text": "hi", "amount": 150})
    page = tab(client, "rules", 2)
    assert "v2 in shadow" in page
    assert "differs in 100%" in page
    client.post("/policies/limits/move/", {"version": 2, "act": "stop"})
    assert "v2 in shadow" not in tab(client, "rules", 2)


def test_the_practice_is_changed_with_a_reason_and_shown(house: House) -> None:
    client = house.enter("admin", "admin")
    typed = {"shadow_hours": "24", "shadow_matches": "50", "canary_percent": "20", "canary_hours": "12"}
    answer = client.post("/policies/practice/", typed)
    assert answer.status_code == 422
    assert "say why" in answer.content.decode().lower()
    client.post("/policies/practice/", {**typed, "reason": "One person only."})
    assert PolicyPractice.objects.get().canary_percent == 20
    assert "One person only." in client.get("/policies/").content.decode()
    answer = client.post("/policies/practice/", {**typed, "is_review_required": "on", "canary_percent": "400"})
    assert answer.status_code == 422
