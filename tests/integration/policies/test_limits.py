"""So much in so long, counted in the transaction that decides."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from coordination.accounts.models import Organization
from coordination.policies.models import LimitBucket
from coordination.policies.services import count, decide, deciding
from coordination.shared.clock import now
from tests.integration.policies.rules import Enforce, agent_call, refund, small_is_fine

Later = Callable[[timedelta], None]


def at_most(most: float, per: str = "1h", **changes: Any) -> dict[str, Any]:
    limit = {"max": most, "per": per, **changes.pop("limit", {})}
    return {"key": "often", "statement": "Not so often.", "when": "true", "effect": "limit", "limit": limit, **changes}


def outcomes(acme: Organization, *acts: dict[str, Any]) -> list[str]:
    return [decide(acme, act, subject="s").outcome for act in acts]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    def go(by: timedelta) -> None:
        then: datetime = now() + by
        monkeypatch.setattr(deciding, "now", lambda: then)

    return go


def test_what_goes_beyond_a_limit_is_refused_until_time_has_passed(
    acme: Organization, enforce: Enforce, later: Later
) -> None:
    enforce(at_most(2), small_is_fine())

    assert outcomes(acme, *[refund(5)] * 3) == ["allow", "allow", "deny"]
    later(timedelta(hours=1, minutes=2))
    assert outcomes(acme, refund(5)) == ["allow"]


def test_a_refusal_says_which_limit_and_how_much_of_it_is_used(acme: Organization, enforce: Enforce) -> None:
    enforce(at_most(1), small_is_fine())
    decide(acme, refund(5), subject="s")

    decision = decide(acme, refund(5), subject="s")

    assert [(reason.rule, reason.code) for reason in decision.reasons] == [("often", "limit")]
    [kept] = decision.row.limits
    assert (kept["used"], kept["takes"], kept["most"], kept["over"]) == (1, 1, 1, True)


def test_each_combination_is_counted_apart(acme: Organization, enforce: Enforce) -> None:
    enforce(at_most(1, limit={"by": ["agent.name"]}), small_is_fine())
    other = refund(5, **{"agent.name": "other"})

    assert outcomes(acme, refund(5), other, refund(5), other) == ["allow", "allow", "deny", "deny"]


def test_money_is_added_up(acme: Organization, enforce: Enforce) -> None:
    enforce(at_most(30, limit={"of": "amount"}), small_is_fine())

    assert outcomes(acme, refund(20), refund(20), refund(10), refund(1)) == ["allow", "deny", "allow", "deny"]


def test_what_costs_something_is_looked_up_for_the_limit(acme: Organization, enforce: Enforce) -> None:
    enforce(at_most(1, limit={"of": "cost"}, hooks=["agent.call"]))

    def decided() -> str:
        cost = {"call.cost_usd": lambda: 0.6}
        return decide(acme, agent_call(), subject="s", lookups=lambda: cost).outcome

    assert [decided(), decided()] == ["allow", "deny"]


def test_what_is_refused_takes_nothing(acme: Organization, enforce: Enforce) -> None:
    enforce(at_most(1), small_is_fine(effect="deny"))
    outcomes(acme, refund(5), refund(5))

    assert [bucket.slices for bucket in LimitBucket.objects.all()] == [{}]


def test_what_waits_for_people_is_counted_when_they_have_agreed(acme: Organization, enforce: Enforce) -> None:
    enforce(at_most(1))
    first, second = (decide(acme, refund(), subject="s") for _ in range(2))
    assert [first.outcome, second.outcome] == ["require_approval", "require_approval"]

    count(acme.pk, first)

    assert decide(acme, refund(), subject="s").outcome == "deny"


def test_an_act_that_is_taken_back_was_not_counted(acme: Organization, enforce: Enforce) -> None:
    enforce(at_most(1), small_is_fine())
    with transaction.atomic():
        decide(acme, refund(5), subject="s")
        transaction.set_rollback(True)

    assert outcomes(acme, refund(5)) == ["allow"]


def test_organizations_count_by_themselves(acme: Organization, globex: Organization, enforce: Enforce) -> None:
    for organization in (acme, globex):
        enforce(at_most(1), small_is_fine(), organization=organization)

    assert [decide(one, refund(5), subject="s").outcome for one in (acme, globex)] == ["allow", "allow"]


def test_a_new_version_goes_on_counting(acme: Organization, enforce: Enforce) -> None:
    enforce(at_most(1), small_is_fine())
    outcomes(acme, refund(5))
    enforce(at_most(1, statement="Said otherwise."), small_is_fine())

    assert outcomes(acme, refund(5)) == ["deny"]


def test_where_no_limit_applies_nothing_is_counted(
    acme: Organization, enforce: Enforce, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    enforce(at_most(1, scope={"actions": ["mail.*"]}), small_is_fine())
    decide(acme, refund(5), subject="s")

    with django_assert_num_queries(2):
        decide(acme, refund(5), subject="s")


def test_what_holds_nothing_any_more_is_forgotten(
    acme: Organization, enforce: Enforce, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    enforce(at_most(1, limit={"by": ["agent.name"]}), small_is_fine())
    for name in "abc":
        decide(acme, refund(5, **{"agent.name": name}), subject="s")
    later(timedelta(hours=3))

    decide(acme, refund(5, **{"agent.name": "d"}), subject="s")

    assert [bucket.key for bucket in LimitBucket.objects.all()] == ["d"]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_both_take_the_last_one(acme: Organization, enforce: Enforce) -> None:
    enforce(at_most(5), small_is_fine())

    def one(_: int) -> str:
        try:
            return decide(acme, refund(5), subject="s").outcome
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, range(24)))

    assert (found.count("allow"), found.count("deny")) == (5, 19)
