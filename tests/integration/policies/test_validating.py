"""Is a policy ready to be reviewed, and what looks odd about it?"""

from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.policies import errors, services
from coordination.policies.services import check
from tests.integration.policies.people import People, given, limit, now_of, small
from tests.integration.policies.rules import EDITOR, policy


def test_a_tested_draft_becomes_validated_and_an_untested_one_does_not(people: People) -> None:
    ready, unready = people.save(limit()), people.save({**small(), "tests": []}, name="other")
    assert services.validate_version(ready.policy, 1, EDITOR).is_valid
    assert not services.validate_version(unready.policy, 1, EDITOR).is_valid
    assert (now_of(ready).status, now_of(unready).status) == ("validated", "draft")


def test_a_finished_backtest_brings_a_valid_draft_on(people: People) -> None:
    ready, unready = people.save(limit()), people.save({**small(), "tests": []}, name="other")
    for version in (ready, unready):
        services.mark_backtested(version, SYSTEM)
    assert (now_of(ready).status, now_of(unready).status) == ("backtested", "draft")


def test_tests_say_where_they_failed_and_why(people: People) -> None:
    rule = limit(100)
    rule["tests"][1] = {"title": "a large one is fine", "given": given(400), "expected": False}
    found = check(people.organization, policy(rule))
    assert [one.pointer for one in found.failures] == ["/spec/rules/0/tests/1"]
    assert "a large one is fine" in found.failures[0].message


def test_a_test_with_a_slip_is_told_what_was_meant(people: People) -> None:
    rule = limit(100)
    rule["tests"][0] = {"title": "slip", "given": {"action.amout": 400.0}, "expected": True}
    found = check(people.organization, policy(rule))
    assert not found.is_valid
    assert ("/spec/rules/0/tests/0/given/action.amout", "action.amount") in [
        (one.pointer, one.suggestion) for one in found.errors
    ]


def test_what_does_not_compile_has_no_tests_to_run(people: People) -> None:
    found = check(people.organization, policy(limit(when="nonsense(")))
    assert found.problems
    assert not found.tests


def test_each_rule_needs_a_test_of_either_kind(people: People) -> None:
    rule = {**small(), "tests": small()["tests"][:1]}
    (missing,) = check(people.organization, policy(rule)).untested
    assert "one in which it does not" in missing.message


def warned(people: People, *rules: dict[str, Any], **changes: Any) -> set[str]:
    return {one.code for one in check(people.organization, policy(*rules, **changes)).warnings}


def test_oddities_are_told_and_keep_nothing_from_being_reviewed(people: People) -> None:
    assert warned(people, limit(), owner="") == {"no-owner", "unknown-tool"}
    deny = {**limit(50, key="stricter", effect="deny"), "approval": None}
    assert "shadowed" in warned(people, limit(100), deny)
    assert "shadowed" not in warned(people, limit(100), {**deny, "mode": "shadow"})
    assert "review-overdue" in warned(people, limit(), review_by="2020-01-01")
    assert "unknown-agent" in warned(people, limit(scope={"agents": ["nobody"]}))
    assert check(people.organization, policy(limit(), owner="")).is_valid


def test_an_unready_version_is_not_validated_twice_nor_one_that_is_further(people: People) -> None:
    version = people.save(limit())
    services.validate_version(version.policy, 1, EDITOR)
    services.mark_backtested(version, SYSTEM)
    services.validate_version(version.policy, 1, EDITOR)
    assert now_of(version).status == "backtested"
    with pytest.raises(errors.VersionUnknown):
        services.validate_version(version.policy, 9, EDITOR)
