"""Rules compiled once and judged together."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from coordination.engine.rules.facts import complete
from coordination.engine.rules.limits import Limit
from coordination.engine.rules.redacting import Redaction
from coordination.engine.rules.ruleset import Broken, Parameter, Rule, RuleSet
from coordination.engine.rules.scope import Exemption, Scope
from tests.unit.engine.rules.ruling import NOW, clock, rule


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


def test_a_rule_says_nothing_about_what_is_outside_of_its_scope() -> None:
    scoped = rule("scoped", scope=Scope(actions=("mail.*",)))

    assert judge(scoped, **{"action.name": "mail.send"})[0] == [("scoped", True)]
    assert judge(scoped, **{"action.name": "payments.refund"}) == ([], [])


def test_an_exempt_act_is_no_match_and_the_result_says_why() -> None:
    exempt = Exemption(Scope(agents=("writer",)), NOW + timedelta(days=1), "ann", "a campaign")
    rules = RuleSet([rule(exemptions=(exempt,))])

    [result], found = rules.judge(complete({"hook": "action", "agent.name": "writer"}, NOW), clock())
    assert (result.result, result.exempt, found) == (
        True,
        "a campaign (until 2026-03-02 00:00, approved by ann)",
        [],
    )
    _, [match] = rules.judge(complete({"hook": "action", "agent.name": "other"}, NOW), clock())
    assert match.reason.code == "rule"


def test_an_error_is_no_exemption() -> None:
    exempt = Exemption(Scope(), NOW + timedelta(days=1))

    assert judge(rule("broken", "facts.missing", exemptions=(exempt,)))[1] == [("broken", "policy-error")]


def test_a_rule_that_fails_open_says_nothing_when_it_cannot_be_decided() -> None:
    for when in ("facts.missing", "agent.nmae == 'x'"):
        assert judge(rule("broken", when, fails_open=True)) == ([("broken", None)], [])


def test_rules_that_are_off_or_in_shadow_have_no_say() -> None:
    assert judge(rule("off", mode="off"), rule("shadow", mode="shadow")) == ([], [])


def test_rules_that_take_too_long_deny() -> None:
    seconds = count(0, 1_500_000_000)

    found, matches = RuleSet([rule("a"), rule("b"), rule("c")]).judge(
        complete({"hook": "action"}, NOW), lambda: next(seconds)
    )

    assert [result.result for result in found] == [True, None, None]
    assert [match.reason.code for match in matches] == ["rule", "policy-error", "policy-error"]


def test_it_is_known_which_facts_can_change_what_rules_say() -> None:
    rules = RuleSet(
        [
            rule("a", "history . tools.size() > 0 && agent // a comment\n.name == 'x'"),
            rule("b", "true", statement="It is ${rate.calls_1m} a minute."),
            rule("c", "true", limit=Limit(1, 60.0, by=("run.id",), of="amount")),
            rule("d", "provenance.untrusted.size() > 0"),
            rule("e", "true", redaction=Redaction("policy", "e", ("a",))),
        ]
    )

    names = rules.names_read_at("action")

    assert names >= {"history.tools", "agent.name", "rate.calls_1m", "run.id", "action.amount", "action.args"}
    assert names >= {"provenance.untrusted", "task.prompt", "task.sources"}
    assert "history.tainted_sources" not in names
    assert rules.names_read_at("agent.call") == frozenset()


@pytest.mark.parametrize("when", ["pii.kinds == ['email']", "'email' in pii.kinds"])
def test_personal_data_is_found_in_what_the_act_is_about(when: str) -> None:
    args = {"to": "ann@example.org"}

    assert judge(rule(when=when), **{"action.args": args})[0] == [("rule", True)]
    assert judge(rule(when=when), **{"action.args": {"to": "nobody"}})[0] == [("rule", False)]
