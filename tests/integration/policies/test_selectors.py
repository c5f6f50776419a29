"""What the pages ask: policies with what they did lately, and decisions, of one organization only."""

from datetime import timedelta
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from coordination.accounts.models import Organization
from coordination.policies import selectors
from coordination.policies.errors import DecisionUnknown, PolicyUnknown, VersionUnknown
from coordination.policies.models import NO_RULES, Policy
from coordination.policies.services import decide, disable
from coordination.shared.clock import now
from tests.integration.policies.rules import EDITOR, Enforce, agent_call, over_limit, refund, small_is_fine


def test_policies_tell_how_often_they_fired_in_one_query(
    acme: Organization, globex: Organization, enforce: Enforce, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    enforce(over_limit(), over_limit(key="twin"))
    enforce(small_is_fine(), name="small-amounts")
    enforce(small_is_fine(when="false"), name="quiet")
    enforce(over_limit(), organization=globex)
    for amount in (5, 200, 300):
        decide(acme, refund(amount), subject="s")
    decide(globex, refund(500), subject="s")
    old = decide(acme, refund(400), subject="s", record=False)
    old.row.created_at = now() - timedelta(days=8)
    old.row.save(force_insert=True)

    with django_assert_num_queries(1):
        found = [(p.name, p.fired, p.enforced.number if p.enforced else None) for p in selectors.policies(acme)]

    assert found == [("quiet", 0, 1), ("refund-limits", 2, 1), ("small-amounts", 1, 1)]


def test_policies_when_nothing_ever_fired(acme: Organization, enforce: Enforce) -> None:
    enforce(over_limit())

    assert [policy.fired for policy in selectors.policies(acme)] == [0]


def test_policies_by_whether_they_are_enforced(acme: Organization, enforce: Enforce) -> None:
    enforce(over_limit())
    disable(enforce(small_is_fine(), name="off").policy, EDITOR)

    assert [policy.name for policy in selectors.policies(acme, enforced=True)] == ["refund-limits"]
    assert [policy.name for policy in selectors.policies(acme, enforced=False)] == ["off"]


def test_decisions_come_newest_first_and_by_what_is_asked(acme: Organization, enforce: Enforce) -> None:
    enforce(over_limit())
    run_id = uuid4()
    call = decide(acme, agent_call(), subject="run", run_id=run_id).id
    large = decide(acme, refund(200), subject="run", run_id=run_id).id
    other = decide(acme, refund(5), subject="elsewhere").id

    assert [found.id for found in selectors.decisions(acme)] == [other, large, call]
    assert [found.id for found in selectors.decisions(acme, run_id=run_id)] == [large, call]
    assert [found.id for found in selectors.decisions_of_run(acme, run_id)] == [call, large]
    assert [found.id for found in selectors.decisions(acme, agent="intent")] == [call]
    assert [found.id for found in selectors.decisions(acme, outcome="allow")] == [call]
    assert [found.id for found in selectors.decisions(acme, policy="refund-limits")] == [large]
    assert [found.id for found in selectors.decisions(acme, hook="action", action="payments.refund")] == [other, large]


def test_another_organization_sees_nothing(acme: Organization, globex: Organization, enforce: Enforce) -> None:
    enforce(over_limit())
    run_id = uuid4()
    taken = decide(acme, refund(), subject="s", run_id=run_id)

    assert not selectors.policies(globex)
    assert not selectors.decisions(globex)
    assert not selectors.decisions(globex, run_id=run_id)
    assert not selectors.decisions_of_run(globex, run_id)
    with pytest.raises(PolicyUnknown):
        selectors.policy_named(globex, "refund-limits")
    with pytest.raises(DecisionUnknown):
        selectors.decision(globex, taken.id)
    assert selectors.decision(acme, taken.id).outcome == "require_approval"


def test_versions_of_a_policy(acme: Organization, enforce: Enforce) -> None:
    enforce(over_limit())
    enforce(small_is_fine())
    policy = selectors.policy_named(acme, "refund-limits")

    assert [version.number for version in selectors.versions_of(policy)] == [2, 1]
    assert selectors.version_of(policy, 1).status == "superseded"
    with pytest.raises(VersionUnknown):
        selectors.version_of(policy, 3)


def test_the_stamp_can_be_read_beside_another_query(acme: Organization, globex: Organization, enforce: Enforce) -> None:
    enforce(over_limit())
    Policy.objects.create(organization=globex, name="draft-only")

    stamps = Policy.objects.annotate(stamp=selectors.stamp_beside("organization_id")).values_list("name", "stamp")

    assert dict(stamps) == {"refund-limits": selectors.stamp_of(acme.pk), "draft-only": NO_RULES}


def test_decisions_by_rule_and_by_policy_and_rule_at_once(acme: Organization, enforce: Enforce) -> None:
    enforce(over_limit(), small_is_fine())
    enforce(small_is_fine(), name="other")
    large = decide(acme, refund(200), subject="s").id
    small = decide(acme, refund(5), subject="s").id

    assert [found.id for found in selectors.decisions(acme, rule="over-limit")] == [large]
    assert [found.id for found in selectors.decisions(acme, rule="small")] == [small]
    assert [found.id for found in selectors.decisions(acme, policy="other", rule="small")] == [small]
    assert not selectors.decisions(acme, policy="other", rule="over-limit")


def test_decisions_by_time_with_its_beginning_and_without_its_end(acme: Organization) -> None:
    taken = [decide(acme, refund(n), subject="s").row for n in range(3)]
    first, second, third = (row.created_at for row in taken)

    assert [found.created_at for found in selectors.decisions(acme, since=second)] == [third, second]
    assert [found.created_at for found in selectors.decisions(acme, until=second)] == [first]
    assert [found.created_at for found in selectors.decisions(acme, since=first, until=third)] == [second, first]


def test_decisions_by_a_text_in_their_reasons(acme: Organization, enforce: Enforce) -> None:
    enforce(over_limit(message_to_human="100% of order ${action.args.order} is above the_limit \\ so"))
    large = decide(acme, refund(200), subject="s").id
    decide(acme, refund(5), subject="s")

    for text in ("order A-17", "ORDER a-17", "100% of", "the_limit", "\\ so", "support lead", "split the refund"):
        assert [found.id for found in selectors.decisions(acme, text=text)] == [large], text
    for text in ("100% or", "the-limit", "refund-limits", "policy-error", "over-limit'"):
        assert not selectors.decisions(acme, text=text), text
