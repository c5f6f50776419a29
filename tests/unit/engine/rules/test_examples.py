"""Tests that are kept with a rule."""

from typing import Any

import pytest

from coordination.engine.rules.combine import Effect
from coordination.engine.rules.examples import Example, Tried, missing, mistakes_in, try_out
from coordination.engine.rules.ruleset import Parameter, Rule

OVER = "action.name == 'payments.refund' && action.amount > params.limit"


def rule(when: str = OVER, **changes: Any) -> Rule:
    values: dict[str, Any] = {
        "policy": "policy",
        "version": 1,
        "key": "over-limit",
        "title": "",
        "statement": "Large refunds are refused.",
        "when": when,
        "effect": Effect.DENY,
        "hooks": frozenset({"action"}),
        "params": {"limit": Parameter("double", 100.0)},
    }
    return Rule(**{**values, **changes})


def refund(amount: object = 250, **changes: Any) -> dict[str, Any]:
    given = {"action.name": "payments.refund", "action.known": True, "action.amount": amount}
    return given | {name.replace("__", "."): value for name, value in changes.items()}


def tried(given: dict[str, Any], *, expected: bool = True, **changes: Any) -> Tried:
    [found] = try_out(rule(**changes), [Example("a test", given, expected)])
    return found


def test_a_test_passes_when_the_rule_says_what_it_expects() -> None:
    assert tried(refund(250)).passed
    assert tried(refund(50), expected=False).passed
    assert not tried(refund(50)).passed
    assert not tried(refund(250), expected=False).passed


def test_a_failure_names_the_part_that_does_not_hold_and_its_values() -> None:
    assert tried(refund(50)).why == (
        "It does not hold, for action.amount > params.limit is false: action.amount is 50, params.limit is 100."
    )
    assert tried({"action.amount": 250}).why == (
        "It does not hold, for action.name == 'payments.refund' is false: action.name is empty."
    )


def test_a_failure_of_a_rule_that_holds_names_everything_it_looked_at() -> None:
    assert tried(refund(250), expected=False).why == (
        "It holds: action.name is payments.refund, action.amount is 250, params.limit is 100."
    )


def test_a_value_inside_a_map_is_named_by_its_path() -> None:
    found = tried({"action.args": {"to": "a@b.c"}}, when="action.args.to == 'x' && true")

    assert found.why == "It does not hold, for action.args.to == 'x' is false: action.args.to is a@b.c."


def test_what_cannot_be_decided_passes_no_test() -> None:
    for expected in (True, False):
        found = tried(refund(), when="action.args.to == 'x'", expected=expected)
        assert not found.passed
        assert found.held is None
        assert found.why.startswith("The rule could not be decided: action.args.to == 'x': there is no")


def test_a_condition_that_does_not_compile_passes_no_test() -> None:
    found = tried(refund(), when="action.amont > 1", expected=False)

    assert (found.passed, found.held) == (False, None)
    assert "unknown name action.amont" in found.why


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"action.amont": 5}, "action.amont is not a fact; did you mean action.amount?"),
        ({"weather": "fine"}, "weather is not a fact."),
        ({"action.amount": "5"}, 'action.amount is a double, not "5".'),
        ({"action.amount": True}, "action.amount is a double, not True."),
        ({"agent.authority": 1.5}, "agent.authority is a int, not 1.5."),
        ({"agent.labels": ["a", 1]}, "agent.labels is a list(string), not ['a', 1]."),
        ({"action.args": []}, "action.args is a map, not []."),
        ({"now": "yesterday"}, 'now is a timestamp, not "yesterday".'),
        ({"now": "2026-03-02T12:00:00"}, 'now is a timestamp, not "2026-03-02T12:00:00".'),
    ],
)
def test_facts_that_are_not_facts_are_said(given: dict[str, Any], says: str) -> None:
    found = tried(given)

    assert found.held is None
    assert found.why == f"The test cannot be run: {says}"


def test_every_mistake_of_a_test_is_found() -> None:
    assert [one.fact for one in mistakes_in({"agent.nmae": "x", "action.amount": 1, "now": 3})] == ["agent.nmae", "now"]


def test_the_time_is_a_monday_noon_unless_the_test_says_otherwise() -> None:
    hour = "now.getHours() == 12 && now.getDayOfWeek() == 1"
    late = "now.getHours() == 22"

    assert tried({}, when=hour).passed
    assert tried({"now": "2026-03-02T23:00:00+01:00"}, when=late).passed


def test_a_test_is_asked_where_the_rule_is_asked() -> None:
    assert tried({"hook": "action"}, when="true").passed
    assert tried({}, when="hook == 'agent.call'", hooks=frozenset({"agent.call"})).passed
    elsewhere = tried({"hook": "agent.call"}, when="true", expected=False)
    assert not elsewhere.passed
    assert elsewhere.why.startswith("The rule is not asked at agent.call, only at action")


def test_a_whole_number_may_stand_for_an_amount() -> None:
    assert tried(refund(101)).passed


def test_a_rule_needs_a_test_of_each_kind() -> None:
    yes, no = Example("", {}, True), Example("", {}, False)

    assert missing([]) == [True, False]
    assert missing([yes, yes]) == [False]
    assert missing([no]) == [True]
    assert missing([no, yes]) == []
