"""While a rule is typed, the last week says how often it would have held."""

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from coordination.accounts.models import Organization
from coordination.policies.services import decide, probing, would_have_fired
from coordination.shared.clock import now
from coordination.shared.manifests import ManifestInvalid
from tests.integration.policies.rules import agent_call, over_limit, refund, small_is_fine


def refunds(organization: Organization, *amounts: float, **changes: Any) -> None:
    for amount in amounts:
        decide(organization, refund(amount, **changes), subject="s")


def test_it_counts_in_which_of_the_weeks_acts_the_rule_holds(acme: Organization, globex: Organization) -> None:
    refunds(acme, 10, 150, 250)
    refunds(globex, 500)
    decide(acme, agent_call(), subject="s")
    old = decide(acme, refund(900), subject="s", record=False)
    old.row.created_at = now() - timedelta(days=8)
    old.row.save(force_insert=True)
    fired = would_have_fired(acme, over_limit())
    assert (fired.times, fired.looked_at, fired.is_all, fired.errors) == (2, 3, True, 0)
    assert fired.sentence == "Would have fired 2 times in the last 7 days."
    assert len(fired.decision_ids) == 2


def test_a_rule_in_shadow_counts_too_and_what_is_exempt_does_not(acme: Organization) -> None:
    refunds(acme, 150, 250)
    until = (now() + timedelta(days=3)).isoformat()
    spared = {"scope": {"agents": ["writer"]}, "until": until, "approved_by": "ann", "reason": "migration"}
    assert would_have_fired(acme, over_limit(mode="shadow")).times == 2
    assert would_have_fired(acme, over_limit(exceptions=[spared])).times == 0
    assert would_have_fired(acme, over_limit(scope={"actions": ["mail.*"]})).times == 0


def test_its_words_need_not_be_written_yet(acme: Organization) -> None:
    refunds(acme, 150)
    assert would_have_fired(acme, {"when": "action.amount > 100", "statement": "", "title": "${nothing}"}).times == 1


def test_nothing_to_look_at_is_said(acme: Organization) -> None:
    assert would_have_fired(acme, over_limit()).sentence == (
        "Nothing that it speaks about was decided in the last 7 days."
    )


def test_once_is_once(acme: Organization) -> None:
    refunds(acme, 150)
    assert would_have_fired(acme, over_limit()).sentence == "Would have fired once in the last 7 days."


def test_only_the_newest_are_looked_at(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "_CHUNK", 2)
    refunds(acme, 1, 2, 300, 400, 500)
    fired = would_have_fired(acme, over_limit(), most=3)
    assert (fired.times, fired.looked_at, fired.is_all) == (3, 3, False)
    assert fired.sentence == "Would have fired 3 times among the newest 3 decisions of the last 7 days."


def test_what_cannot_be_decided_is_counted_apart(acme: Organization) -> None:
    refunds(acme, 10, 20)
    fired = would_have_fired(acme, small_is_fine(when="facts.missing == 1"))
    assert (fired.times, fired.errors) == (0, 2)
    assert "missing" in fired.error


def test_a_runaway_condition_costs_half_a_second(acme: Organization) -> None:
    refunds(acme, *range(1, 60), facts={"many": list(range(1, 101))})
    many = "facts.many"
    endless = f"{many}.all(a, {many}.all(b, {many}.all(c, a + b + c > 0)))"
    began = time.monotonic()
    fired = would_have_fired(acme, small_is_fine(when=endless))
    assert time.monotonic() - began < 10 * probing.MOST_S
    assert fired.errors == fired.looked_at > 0


def test_a_condition_that_does_not_compile_says_where(acme: Organization) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        would_have_fired(acme, over_limit(when="action.amuont > 3.0"))
    [error] = refused.value.errors
    assert (error.pointer, error.line, error.column, error.suggestion) == ("/when", 1, 1, "action.amount")


def test_what_was_not_looked_up_until_now_is_not_taken_for_nothing(acme: Organization) -> None:
    decide(acme, refund(150), subject="s", run_id=uuid4())
    fired = would_have_fired(acme, over_limit(when="size(history.tools) == 0"))
    assert (fired.times, fired.unknown, fired.looked_at) == (0, 1, 1)
    assert fired.sentence == (
        "Nobody can tell how often it would have fired: what it reads was not looked up until now."
    )
