"""How a policy comes into force over the API: checked, tested, compared, reviewed, tried."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from coordination.shared.clock import now
from tests.integration.api.support import Caller

RULE: dict[str, Any] = {
    "key": "large",
    "statement": "Refunds above $${params.limit} need a person.",
    "when": "action.amount > params.limit",
    "effect": "require_approval",
    "approval": {"role": "reviewer"},
    "params": {"limit": {"type": "double", "value": 100.0}},
    "tests": [
        {"title": "a large one", "given": {"action.amount": 150.0}, "expected": True},
        {"title": "a small one", "given": {"action.amount": 50.0}, "expected": False},
    ],
}
SMALL: dict[str, Any] = {
    **{key: value for key, value in RULE.items() if key not in ("approval", "params")},
    "key": "small",
    "statement": "Small refunds go through.",
    "when": "action.amount <= 100.0",
    "effect": "allow",
    "tests": [
        {"given": {"action.amount": 50.0}, "expected": True},
        {"given": {"action.amount": 150.0}, "expected": False},
    ],
}


def put(caller: Caller, *rules: dict[str, Any], **about: Any) -> Any:
    return caller.put("policies/limits/", {"metadata": {"name": "limits"}, "spec": {"rules": list(rules)}, **about})


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.fixture
def second(calls: Callable[..., Caller]) -> Caller:
    return calls("second")


def test_a_loosening_version_goes_through_two_reviewers(admin: Caller, reviewer: Caller, second: Caller) -> None:
    put(admin, SMALL)
    refused = admin.post("policies/limits/publish/")
    assert code(refused) == (409, "review-required")
    assert "ask for a review of version 1" in refused.json()["detail"]

    asked = admin.post("policies/limits/review/", {"way": "direct", "note": "too many questions"})
    assert (asked.status_code, asked.json()["asked"]["n_required"]) == (201, 2)
    assert admin.get("policies/limits/").json()["status"] == "in_review"
    address = f"approvals/{asked.json()['id']}/approve/"
    assert reviewer.post(address, {"revision": 1}).status_code == 200
    assert code(reviewer.post(address, {"revision": 1})) == (403, "already-voted")
    assert code(admin.post(address, {"revision": 1}))[0] == 403
    assert second.post(address, {"revision": 1}).status_code == 200
    assert admin.get("policies/limits/").json()["enforced_version"] == 1


def test_what_tightens_is_published_at_once_and_reviewed_afterwards(admin: Caller, reviewer: Caller) -> None:
    put(admin, RULE)
    assert admin.post("policies/limits/publish/", {"reason": "abuse"}).json()["enforced_version"] == 1
    (asked,) = reviewer.get("approvals/?assigned=me").json()["results"]
    assert asked["operation"] == "policy.post-review"
    assert reviewer.post(f"approvals/{asked['id']}/reject/", {"revision": 1, "reason": "no"}).status_code == 200
    assert admin.get("policies/limits/").json()["enforced_version"] is None


def test_a_version_in_stages_is_in_shadow_after_its_review(admin: Caller, reviewer: Caller) -> None:
    put(admin, RULE)
    asked = admin.post("policies/limits/review/").json()
    assert asked["parameters"]["way"] == "staged"
    reviewer.post(f"approvals/{asked['id']}/approve/", {"revision": 1})
    shown = admin.get("policies/limits/").json()
    assert (shown["candidate_version"], shown["candidate_status"], shown["enforced_version"]) == (1, "shadow", None)
    assert admin.post("policies/limits/shadow/stop/").json()["candidate_version"] is None
    assert admin.post("policies/limits/shadow/").json()["status"] == "shadow"


def test_validating_says_what_is_wrong_and_odd(admin: Caller) -> None:
    put(admin, RULE, {**SMALL, "tests": []})
    said = admin.post("policies/limits/validate/").json()
    assert (said["valid"], said["problems"][0]["pointer"]) == (False, "/spec/rules/1/tests")
    assert {one["code"] for one in said["warnings"]} == {"no-owner"}
    put(admin, RULE)
    assert admin.post("policies/limits/validate/").json()["valid"]
    assert admin.get("policies/limits/").json()["status"] == "validated"
    slip = admin.post("policies/limits/validate/", {"spec": {"rules": [{**RULE, "when": "action.amout > 1.0"}]}})
    (problem,) = slip.json()["problems"]
    assert (problem["line"], problem["column"], problem["suggestion"]) == (1, 1, "action.amount")
    assert code(admin.post("policies/limits/review/", {"version": 1})) == (422, "policy-not-valid")


def test_tests_are_run_of_what_is_saved_and_of_what_is_not(admin: Caller) -> None:
    put(admin, RULE)
    said = admin.post("policies/limits/test/").json()
    assert (said["passed"], [one["title"] for one in said["tests"]]) == (True, ["a large one", "a small one"])
    failing = {**RULE, "tests": [{"title": "wrong", "given": {"action.amount": 5.0}, "expected": True}]}
    said = admin.post("policies/limits/test/", {"spec": {"rules": [failing]}}).json()
    assert (said["passed"], said["tests"][0]["held"]) == (False, False)
    assert "action.amount is 5" in said["tests"][0]["why"]
    assert code(admin.post("policies/limits/test/", {"spec": {"rules": 3}})) == (422, "manifest-invalid")


def test_versions_tell_how_far_they_came_and_what_they_change(admin: Caller) -> None:
    put(admin, RULE)
    admin.post("policies/limits/publish/")
    put(admin, {**RULE, "params": {"limit": {"type": "double", "value": 50.0}}}, note="cheaper now")
    newest, first = admin.get("policies/limits/versions/").json()["results"]
    assert (newest["status"], newest["based_on"], newest["note"]) == ("draft", 1, "cheaper now")
    assert (first["status"], first["way"], first["published_by"]) == ("enforced", "hotfix", "admin")
    said = admin.get("policies/limits/versions/2/diff/").json()
    assert (said["against"], said["changes"]) == (
        1,
        [
            {
                "rule": "large",
                "what": "params",
                "sentence": "large: asks a person above $50 instead of $100",
                "direction": "stricter",
            }
        ],
    )
    assert admin.get("policies/limits/versions/1/diff/?against=2").json()["changes"][0]["direction"] == "looser"
    assert code(admin.get("policies/limits/versions/9/diff/")) == (404, "version-unknown")


def test_the_second_of_two_authors_is_told(admin: Caller) -> None:
    put(admin, RULE)
    put(admin, RULE, SMALL, base=1)
    assert code(put(admin, SMALL, base=1)) == (409, "draft-changed")
    amended = admin.patch("policies/limits/", {"metadata": {"title": "Mine"}, "base": 1})
    assert code(amended) == (409, "draft-changed")
    assert put(admin, SMALL, base="one").json()["errors"][0]["pointer"] == "/base"
    assert admin.get("policies/limits/").json()["version"] == 2


def test_parameters_and_exceptions_change_alone(admin: Caller) -> None:
    put(admin, RULE)
    changed = admin.patch("policies/limits/parameters/", {"parameters": {"large": {"limit": 70}}, "note": "fair"})
    assert changed.json()["spec"]["rules"][0]["params"]["limit"]["value"] == 70
    assert code(admin.patch("policies/limits/parameters/", {"parameters": {"large": {"most": 7}}})) == (
        422,
        "parameter-unknown",
    )
    said = {
        "rule": "large",
        "scope": {"agents": ["writer"]},
        "until": (now() + timedelta(days=2)).isoformat(),
        "reason": "the fair",
    }
    made = admin.post("policies/limits/exceptions/", said)
    assert (made.status_code, len(made.json()["spec"]["rules"][0]["exceptions"])) == (201, 1)
    ended = admin.delete("policies/limits/exceptions/large/0/").json()
    assert not ended["spec"]["rules"][0].get("exceptions")
    assert code(admin.post("policies/limits/exceptions/", {**said, "rule": "none"})) == (404, "rule-unknown")


def test_an_end_of_what_restricts_is_reviewed(admin: Caller, reviewer: Caller, second: Caller) -> None:
    assert code(admin.post("policies/careful/disable/")) == (409, "review-required")
    asked = admin.post("policies/careful/retirement/", {"note": "too strict"})
    assert asked.status_code == 201
    for person in (reviewer, second):
        assert person.post(f"approvals/{asked.json()['id']}/approve/", {"revision": 1}).status_code == 200
    assert admin.get("policies/careful/").json()["enforced_version"] is None


def test_a_review_is_withdrawn_and_an_old_version_drafted_again(admin: Caller, reviewer: Caller) -> None:
    put(admin, RULE)
    admin.post("policies/limits/review/")
    assert code(admin.post("policies/limits/review/")) == (409, "under-review")
    assert admin.post("policies/limits/review/withdraw/").json()["status"] == "validated"
    put(admin, SMALL)
    assert admin.post("policies/limits/redraft/", {"version": 1}).json()["spec"]["rules"][0]["key"] == "large"


def test_the_practice_is_read_and_changed_with_a_reason(admin: Caller, auditor: Caller) -> None:
    assert auditor.get("policy-practice/").json()["shadow_hours"] == 72
    assert auditor.patch("policy-practice/", {"shadow_hours": 1}).status_code == 403
    assert code(admin.patch("policy-practice/", {"is_review_required": False})) == (422, "practice-reason")
    changed = admin.patch("policy-practice/", {"is_review_required": False, "reason": "I am alone"}).json()
    assert (changed["is_review_required"], changed["reason"], changed["changed_by"]) == (False, "I am alone", "admin")
    put(admin, SMALL)
    assert admin.post("policies/limits/publish/").json()["enforced_version"] == 1


def test_only_admins_change_policies(reviewer: Caller, manager: Caller) -> None:
    for caller in (reviewer, manager):
        for act in ("review/", "shadow/", "validate/", "test/", "publish/", "retirement/", "redraft/"):
            assert caller.post(f"policies/careful/{act}", {}).status_code == 403, act
