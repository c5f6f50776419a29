"""Versions in shadow and on a part of the runs, and rules in shadow: what decisions keep of them."""

from typing import Any
from uuid import uuid4

import pytest

from coordination.accounts.models import Organization
from coordination.engine.manifest import Manifest, Metadata
from coordination.policies.models import PolicyVersion, RuleSetStamp
from coordination.policies.services import Decision, decide, save_draft
from coordination.shared.ids import new_id
from tests.integration.policies.rules import EDITOR, Enforce, policy, refund, small_is_fine


def try_out(acme: Organization, *rules: dict[str, Any], status: str, percent: int | None = None) -> PolicyVersion:
    """Put a version on trial, whatever else that takes."""
    manifest = Manifest(kind="Policy", metadata=Metadata(name="refund-limits"), spec=policy(*rules))
    version = save_draft(acme, manifest, EDITOR)
    PolicyVersion.objects.filter(pk=version.pk).update(status=status, canary_percent=percent)
    RuleSetStamp.objects.update_or_create(organization=acme, defaults={"stamp": new_id()})
    return version


def decided(acme: Organization, run: Any = None) -> Decision:
    return decide(acme, refund(5), subject="s", run_id=run)


def test_where_nothing_is_tried_out_nothing_is_noted(acme: Organization, enforce: Enforce) -> None:
    enforce(small_is_fine())

    row = decided(acme).row

    assert (row.shadows, row.shadow_outcome, row.is_canary) == ([], "", False)


def test_a_version_in_shadow_decides_nothing_and_what_it_would_is_kept(acme: Organization, enforce: Enforce) -> None:
    enforce(small_is_fine())
    try_out(acme, small_is_fine(effect="deny"), status="shadow")

    decision = decided(acme)

    assert (decision.outcome, decision.row.shadow_outcome) == ("allow", "deny")
    [shadow] = decision.row.shadows
    assert (shadow["policy"], shadow["version"], shadow["outcome"]) == ("refund-limits", 2, "deny")
    assert [(one["rule"], one["result"]) for one in shadow["results"]] == [("small", True)]
    assert decision.row.versions == {"refund-limits": 1}
    decision.row.refresh_from_db()
    assert decision.row.shadow_outcome == "deny"


def test_a_policy_that_was_never_enforced_can_be_tried_out(acme: Organization) -> None:
    try_out(acme, small_is_fine(effect="deny"), status="shadow")

    assert (decided(acme).outcome, decided(acme).row.shadow_outcome) == ("require_approval", "deny")


def test_a_canary_decides_for_its_part_of_the_runs(acme: Organization, enforce: Enforce) -> None:
    enforce(small_is_fine())
    try_out(acme, small_is_fine(effect="deny"), status="canary", percent=30)

    rows = [decided(acme, uuid4()).row for _ in range(60)]

    chosen = [row for row in rows if row.is_canary]
    assert 5 <= len(chosen) <= 32
    assert all((row.outcome, row.shadows, row.versions) == ("deny", [], {"refund-limits": 2}) for row in chosen)
    others = [row for row in rows if not row.is_canary]
    assert all((row.outcome, row.shadow_outcome) == ("allow", "deny") for row in others)


@pytest.mark.parametrize("percent", [None, 0])
def test_a_canary_without_a_part_decides_nothing(acme: Organization, enforce: Enforce, percent: int | None) -> None:
    enforce(small_is_fine())
    try_out(acme, small_is_fine(effect="deny"), status="canary", percent=percent)

    assert {decided(acme, uuid4()).outcome for _ in range(20)} == {"allow"}


def test_a_rule_in_shadow_is_noted(acme: Organization, enforce: Enforce) -> None:
    enforce(small_is_fine(), small_is_fine(key="strict", effect="deny", mode="shadow"))

    row = decided(acme).row

    assert (row.outcome, row.shadow_outcome, row.shadows[0]["version"]) == ("allow", "deny", 1)
    assert [one["rule"] for one in row.results] == ["small"]


def test_an_error_of_what_is_tried_out_stops_nothing(acme: Organization, enforce: Enforce) -> None:
    enforce(small_is_fine())
    try_out(acme, small_is_fine(when="facts.missing == 'x'"), status="shadow")

    assert (decided(acme).outcome, decided(acme).row.shadow_outcome) == ("allow", "deny")


def test_what_a_trial_limits_does_not_use_up_what_holds(acme: Organization, enforce: Enforce) -> None:
    def often(most: int) -> dict[str, Any]:
        return {
            "key": "often",
            "statement": "Not so often.",
            "when": "true",
            "effect": "limit",
            "limit": {"max": most},
        }

    enforce(small_is_fine(), often(3))
    try_out(acme, small_is_fine(), often(1), status="shadow")

    found = [decided(acme).row for _ in range(4)]

    assert [row.outcome for row in found] == ["allow", "allow", "allow", "deny"]
    assert [row.shadow_outcome for row in found] == ["allow", "deny", "deny", "deny"]
