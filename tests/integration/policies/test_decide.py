"""Every act is decided before it happens, by the rules in force at that moment, and whatever goes wrong denies."""

from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from coordination.accounts.models import Organization
from coordination.engine.rules.ruleset import RuleSet
from coordination.policies.models import Policy, PolicyDecision, PolicyVersion
from coordination.policies.selectors import stamp_of
from coordination.policies.services import Decision, bulk_record, decide, disable, publish, rollback
from coordination.policies.services import enforced as enforced_rules
from tests.integration.policies.rules import (
    EDITOR,
    Enforce,
    agent_call,
    never_after_hours,
    over_limit,
    refund,
    small_is_fine,
)


def outcome(organization: Organization, facts: dict[str, Any]) -> str:
    return decide(organization, facts, subject="run:1/step:refund").outcome


def denied_for_an_error(decision: Decision) -> bool:
    kept = PolicyDecision.objects.get(pk=decision.id)
    reasons = [reason["code"] for reason in kept.reasons]
    return kept.outcome == "deny" and "policy-error" in reasons and bool(decision.reasons[0].message)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (agent_call(), "allow"),
        (refund(**{"action.effect": "read", "action.reversibility": "reversible"}), "allow"),
        (refund(), "require_approval"),
        (refund(**{"action.effect": "read", "action.reversibility": "irreversible"}), "require_approval"),
        (refund(**{"action.known": False}), "deny"),
        ({"hook": "telepathy"}, "deny"),
        ({"hook": "message"}, "allow"),
        ({}, "deny"),
    ],
)
def test_without_rules_the_kind_of_act_decides(acme: Organization, facts: dict[str, Any], expected: str) -> None:
    assert outcome(acme, facts) == expected


def test_a_rule_asks_its_own_people_in_its_own_words(acme: Organization, enforce: Enforce) -> None:
    enforce(over_limit())

    decision = decide(acme, refund(250), subject="run:1/step:refund", step="refund")

    assert decision.outcome == "require_approval"
    assert decision.stage is not None
    assert decision.stage.as_json() == {"role": "reviewer", "group": "support-lead", "users": [], "n_required": 1}
    [reason] = decision.reasons
    assert (reason.policy, reason.version, reason.rule) == ("refund-limits", 1, "over-limit")
    assert reason.statement == "Refunds above $100 need one support lead."
    assert reason.message == "$250 for order A-17 is above $100."
    assert reason.message_to_agent == "Wait for a person; do not split the refund."


def test_the_record_tells_what_was_known_what_each_rule_said_and_why(acme: Organization, enforce: Enforce) -> None:
    enforce(over_limit(), small_is_fine(), never_after_hours(hooks=["agent.call"]))

    decision = decide(acme, refund(250), subject="run:1/step:refund", step="refund")

    kept = PolicyDecision.objects.get(pk=decision.id)
    assert kept.input["action.args"] == {"order": "A-17", "amount": 250}
    assert kept.input["agent.name"] == "writer"
    assert len(kept.input_digest) == 64
    assert [(result["rule"], result["result"]) for result in kept.results] == [("over-limit", True), ("small", False)]
    assert all(isinstance(result["micros"], int) for result in kept.results)
    assert kept.matched == [
        {"policy": "refund-limits", "version": 1, "rule": "over-limit", "effect": "require_approval", "code": "rule"}
    ]
    assert (kept.agent, kept.action, kept.hook, kept.step) == ("writer", "payments.refund", "action", "refund")
    assert (kept.policies, kept.versions) == (["refund-limits"], {"refund-limits": 1})
    assert kept.engine.startswith("cel-expr-python")
    assert kept.micros > 0


def test_an_allow_rule_lifts_the_default_but_no_stricter_rule(acme: Organization, enforce: Enforce) -> None:
    enforce(small_is_fine(), never_after_hours())

    assert outcome(acme, refund(15)) == "allow"
    assert outcome(acme, refund(15, facts={"after_hours": True})) == "deny"


def test_no_allow_rule_lets_an_unknown_tool_through(acme: Organization, enforce: Enforce) -> None:
    enforce(small_is_fine(when="true"))

    assert outcome(acme, refund(15, **{"action.known": False})) == "deny"


def test_a_rule_of_another_hook_is_not_even_evaluated(acme: Organization, enforce: Enforce) -> None:
    enforce(never_after_hours(hooks=["action"], when="facts.not_there"))

    decision = decide(acme, agent_call(), subject="run:1/step:classify")

    assert decision.outcome == "allow"
    assert decision.row.results == []


def test_only_policies_that_took_part_are_named(acme: Organization, enforce: Enforce) -> None:
    enforce(over_limit())
    enforce(never_after_hours(hooks=["agent.call"]), name="hours")

    assert decide(acme, refund(), subject="s").versions == {"refund-limits": 1}


class TestFailsClosed:
    def test_on_an_evaluation_error(self, acme: Organization, enforce: Enforce) -> None:
        enforce(small_is_fine(when="facts.missing == 'x'"))

        decision = decide(acme, refund(), subject="s")

        assert denied_for_an_error(decision)
        assert 'there is no "missing"' in decision.reasons[0].message
        assert decision.row.results[0]["result"] == "error"

    def test_on_a_condition_that_is_neither_true_nor_false(self, acme: Organization, enforce: Enforce) -> None:
        enforce(small_is_fine(when="facts.intent"))

        assert denied_for_an_error(decide(acme, refund(), subject="s"))

    def test_even_beside_a_rule_that_allows(self, acme: Organization, enforce: Enforce) -> None:
        enforce(small_is_fine(when="true"), over_limit(when="1 / 0 == 1"))

        assert denied_for_an_error(decide(acme, refund(), subject="s"))

    def test_on_a_runaway_condition(self, acme: Organization, enforce: Enforce) -> None:
        hundred = "facts.many"
        enforce(small_is_fine(when=f"{hundred}.all(a, {hundred}.all(b, {hundred}.all(c, a + b + c > 0)))"))

        assert denied_for_an_error(decide(acme, refund(facts={"many": list(range(1, 101))}), subject="s"))

    @pytest.mark.parametrize(
        "spec",
        [
            {"rules": [small_is_fine(when="agent.nmae == 'x'")]},
            {"rules": [small_is_fine(effect="perhaps")]},
            {"rules": "none"},
            [],
            "text",
        ],
    )
    def test_on_a_stored_policy_that_no_longer_reads(
        self, acme: Organization, enforce: Enforce, spec: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        enforce(small_is_fine(when="true"))
        policy = Policy.objects.create(organization=acme, name="damaged")
        policy.enforced = PolicyVersion.objects.create(policy=policy, number=1, spec=spec, digest="", status="enforced")
        policy.save()
        enforced_rules._kept.clear()

        assert denied_for_an_error(decide(acme, refund(5), subject="s"))

    def test_when_the_rules_cannot_be_read_and_the_denial_is_kept_all_the_same(
        self, acme: Organization, enforce: Enforce
    ) -> None:
        enforce(small_is_fine(when="true"))
        enforced_rules._kept.clear()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE policies_policyversion RENAME TO gone")

        assert denied_for_an_error(decide(acme, refund(5), subject="s"))

    def test_on_an_error_nobody_thought_of(
        self, acme: Organization, enforce: Enforce, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        enforce(small_is_fine(when="true"))

        def fail(*_: object) -> None:
            raise KeyError("surprise")

        monkeypatch.setattr(RuleSet, "judge", fail)

        assert denied_for_an_error(decide(acme, refund(5), subject="s"))

    @pytest.mark.parametrize(
        "args",
        [
            {"text": "x" * 70_000},
            {"number": 2**60},
            {"number": float("nan")},
            {"text": "a\x00b"},
            {"text": "\ud800"},
            {"\x00": 1},
            {"list": list(range(2_000))},
            {"value": {1, 2}},
            {"value": object()},
            {3: "x"},
        ],
    )
    def test_on_arguments_that_cannot_be_kept(self, acme: Organization, enforce: Enforce, args: dict[Any, Any]) -> None:
        enforce(small_is_fine(when="true"))

        assert denied_for_an_error(decide(acme, refund(5, **{"action.args": args}), subject="s"))

    def test_on_endless_nesting(self, acme: Organization) -> None:
        nested: list[Any] = []
        for _ in range(50_000):
            nested = [nested]

        assert denied_for_an_error(decide(acme, refund(5, facts={"deep": nested}), subject="s"))

    @pytest.mark.parametrize("facts", [{"action.amount": "5"}, {"agent.version": 1.5}, {"facts": None}])
    def test_on_facts_of_another_type_than_declared(
        self, acme: Organization, enforce: Enforce, facts: dict[str, Any]
    ) -> None:
        enforce(small_is_fine(when="action.amount < 10 || agent.version == 1 || facts.x == 1"))

        assert denied_for_an_error(decide(acme, refund(50, **facts), subject="s"))


class TestStatements:
    def test_a_decision_costs_two(
        self, acme: Organization, enforce: Enforce, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        enforce(over_limit(), small_is_fine())
        decide(acme, refund(), subject="s")

        with django_assert_num_queries(2):
            decide(acme, refund(), subject="s")

    def test_one_when_the_caller_read_the_stamp(
        self, acme: Organization, enforce: Enforce, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        enforce(over_limit())
        stamp = stamp_of(acme.pk)
        decide(acme, refund(), subject="s", stamp=stamp)

        with django_assert_num_queries(1):
            decide(acme, refund(), subject="s", stamp=stamp)

    def test_many_decisions_are_recorded_in_one(
        self, acme: Organization, enforce: Enforce, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        enforce(over_limit())
        stamp = stamp_of(acme.pk)
        decide(acme, refund(), subject="s", stamp=stamp)

        with django_assert_num_queries(1):
            taken = [decide(acme, refund(n), subject=f"s{n}", record=False, stamp=stamp) for n in range(90, 110)]
            bulk_record(taken)

        assert PolicyDecision.objects.filter(pk__in=[decision.id for decision in taken]).count() == 20


class TestTakesEffectAtOnce:
    def test_publishing_rolling_back_and_disabling(self, acme: Organization, enforce: Enforce) -> None:
        assert outcome(acme, refund(5)) == "require_approval"
        first = enforce(small_is_fine())
        assert outcome(acme, refund(5)) == "allow"
        enforce(small_is_fine(effect="deny"))
        assert outcome(acme, refund(5)) == "deny"
        rollback(first.policy, 1, EDITOR)
        assert outcome(acme, refund(5)) == "allow"
        disable(first.policy, EDITOR)
        assert outcome(acme, refund(5)) == "require_approval"

    def test_in_a_process_that_compiled_the_rules_before(self, acme: Organization, enforce: Enforce) -> None:
        enforce(small_is_fine())
        outcome(acme, refund(5))
        kept_elsewhere = dict(enforced_rules._kept)

        enforce(small_is_fine(effect="deny"))
        enforced_rules._kept.clear()
        enforced_rules._kept.update(kept_elsewhere)

        assert outcome(acme, refund(5)) == "deny"

    def test_not_when_the_publishing_transaction_fails(self, acme: Organization, enforce: Enforce) -> None:
        draft = enforce(small_is_fine())

        with transaction.atomic():
            enforce(small_is_fine(effect="deny"))
            assert outcome(acme, refund(5)) == "deny"
            transaction.set_rollback(True)

        assert outcome(acme, refund(5)) == "allow"
        assert publish(draft.policy, 1, EDITOR).number == 1


def test_an_organization_is_judged_by_its_own_rules(acme: Organization, globex: Organization, enforce: Enforce) -> None:
    enforce(small_is_fine(effect="deny"))
    enforce(small_is_fine(), organization=globex)

    assert outcome(acme, refund(5)) == "deny"
    assert outcome(globex, refund(5)) == "allow"
