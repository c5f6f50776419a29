"""Rules compiled once and judged together."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from coordination.engine.rules.combine import Effect
from coordination.engine.rules.facts import complete
from coordination.engine.rules.ruleset import Broken, Parameter, Rule, RuleSet

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def rule(key: str = "rule", when: str = "true", **changes: Any) -> Rule:
    values: dict[str, Any] = {
        "policy": "policy",
        "version": 1,
        "key": key,
        "title": "",
        "statement": f"{key} says so.",
        "when": when,
        "effect": Effect.DENY,
        "hooks": frozenset({"action"}),
    }
    return Rule(**{**values, **changes})


def clock() -> Callable[[], int]:
    ticks = count(0, 3_000)
    return lambda: next(ticks)


def judge(*rules: Rule | Broken, hook: str = "action", **facts: Any) -> tuple[list[Any], list[Any]]:
    results, matches = RuleSet(rules).judge(complete({"hook": hook, **facts}, NOW), clock())
    return [(r.rule, r.result) for r in results], [(m.reason.rule, m.reason.code) for m in matches]


def test_each_rule_of_the_hook_says_true_or_false() -> None:
    rules = rule("yes"), rule("no", "false"), rule("elsewhere", hooks=frozenset({"agent.call"}))

    assert judge(*rules) == ([("yes", True), ("no", False)], [("yes", "rule")])


def test_an_error_is_a_match_that_denies() -> None:
    assert judge(rule("broken", "facts.missing")) == ([("broken", None)], [("broken", "policy-error")])


def test_a_rule_that_does_not_compile_denies_only_what_it_would_have_judged() -> None:
    damaged = rule("damaged", "agent.nmae == 'x'", hooks=frozenset({"agent.call"}))

    assert judge(damaged, hook="agent.call") == ([("damaged", None)], [("damaged", "policy-error")])
    assert judge(damaged, hook="action") == ([], [])


def test_a_policy_that_cannot_be_read_denies_everything() -> None:
    damaged = Broken("policy", 2, "its version 2 can no longer be read")

    assert judge(damaged, rule("yes"))[1] == [("policy-error", "policy-error"), ("yes", "rule")]
    assert judge(damaged, hook="agent.call")[1] == [("policy-error", "policy-error")]


def test_rules_have_parameters_of_their_own_under_the_same_name() -> None:
    limits = [
        rule(f"over-{limit}", "action.amount > params.limit", params={"limit": Parameter(kind, limit)})
        for kind, limit in (("int", 10), ("double", 99.5), ("double", 200))
    ]

    found, _ = judge(*limits, **{"action.amount": 100.0})

    assert found == [("over-10", True), ("over-99.5", True), ("over-200", False)]


def test_a_parameter_may_be_a_list() -> None:
    listed = rule(when="action.name in params.tools", params={"tools": Parameter("list", ["a", "b"])})

    assert judge(listed, **{"action.name": "b"})[1] == [("rule", "rule")]


def test_time_is_measured_for_each_rule() -> None:
    results, _ = RuleSet([rule("a"), rule("b")]).judge(complete({"hook": "action"}, NOW), clock())

    assert [result.micros for result in results] == [3, 3]


def test_words_are_filled_and_default_to_the_statement() -> None:
    terse = rule(when="true", statement="At most ${params.n}.", params={"n": Parameter("int", 3)})

    _, [match] = RuleSet([terse]).judge(complete({"hook": "action"}, NOW), clock())

    assert (match.reason.title, match.reason.message, match.reason.message_to_agent) == (
        "rule",
        "At most 3.",
        "At most 3.",
    )
