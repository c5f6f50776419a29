"""From shadow over a part of the runs to all, when the organization's thresholds are met and not before."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from coordination.accounts.actors import Actor
from coordination.audit.models import AuditEvent
from coordination.policies import errors, services
from coordination.policies.models import PolicyDecision, PolicyVersion
from coordination.policies.selectors import lifecycle, stamp_of
from coordination.shared.clock import now
from tests.integration.policies.people import People, enforced, limit, now_of, refund, small


@pytest.fixture
def staged(people: People) -> PolicyVersion:
    """Return a version that was reviewed to come into force in stages, with few decisions to wait for."""
    practice = {"shadow_hours": 2, "shadow_matches": 3, "canary_hours": 1, "canary_percent": 25}
    services.set_practice(people.organization, Actor.of(people.admin), **practice)
    people.enforce(limit(100))
    version = people.save(limit(50))
    people.answer(people.ask(version, "staged"), "lead")
    return now_of(version)


def since(version: PolicyVersion, hours: float) -> None:
    PolicyVersion.objects.filter(pk=version.pk).update(status_at=now() - timedelta(hours=hours))


def judged(version: PolicyVersion, times: int, result: Any = True) -> None:
    said = {"policy": "limits", "version": version.number, "outcome": "deny", "results": [{"result": result}]}
    for _ in range(times):
        PolicyDecision.objects.create(
            organization_id=version.policy.organization_id,
            subject="s", hook="action", input={}, outcome="allow", engine="", micros=1, shadows=[said],
        )  # fmt: skip


def test_a_review_in_stages_puts_it_in_shadow_and_leaves_the_old_one(people: People, staged: PolicyVersion) -> None:
    assert (staged.status, staged.way, staged.reviewed_by) == ("shadow", "staged", ["lead"])
    assert enforced(staged.policy) == 1


@pytest.mark.parametrize(("hours", "times"), [(1.9, 3), (2.1, 2)], ids=["too soon", "too few decisions"])
def test_it_stays_in_shadow_until_both_thresholds_are_met(staged: PolicyVersion, hours: float, times: int) -> None:
    judged(staged, times)
    since(staged, hours)
    assert services.advance_due() == 0
    assert now_of(staged).status == "shadow"


def test_it_goes_on_to_a_part_of_the_runs_and_then_to_all(people: People, staged: PolicyVersion) -> None:
    judged(staged, 3)
    since(staged, 2.1)
    before = stamp_of(people.organization.pk)
    assert services.advance_due() == 1
    assert (now_of(staged).status, now_of(staged).canary_percent, enforced(staged.policy)) == ("canary", 25, 1)
    assert stamp_of(people.organization.pk) != before

    assert services.advance_due() == 0
    since(staged, 1.1)
    assert services.advance_due() == 1
    assert (now_of(staged).status, now_of(staged).way, enforced(staged.policy)) == ("enforced", "staged", 2)
    event = AuditEvent.objects.filter(stream="policies").latest("stream_no")
    assert (event.kind, event.actor) == ("PolicyPublished", "system:coordination")
    assert json.loads(event.body)["data"]["replaces"] == 1


def test_real_decisions_bring_it_through_all_stages(people: People, staged: PolicyVersion) -> None:
    def outcomes(times: int) -> list[tuple[str, str]]:
        found = [services.decide(people.organization, refund(75), subject="s", run_id=uuid4()) for _ in range(times)]
        return [(one.outcome, one.row.shadow_outcome) for one in found]

    assert services.decide(people.organization, refund(75), subject="s").row.versions == {"limits": 1}
    assert {shadow for _, shadow in outcomes(3)} == {"require_approval"}
    since(staged, 2.1)
    assert services.advance_due() == 1
    in_canary = [services.decide(people.organization, refund(75), subject="s", run_id=uuid4()) for _ in range(60)]
    assert {one.row.is_canary for one in in_canary} == {True, False}
    since(staged, 1.1)
    assert services.advance_due() == 1
    assert services.decide(people.organization, refund(75), subject="s").row.versions == {"limits": 2}


def test_what_cannot_be_decided_holds_it(staged: PolicyVersion, people: People) -> None:
    judged(staged, 3)
    judged(staged, 1, "error")
    since(staged, 2.1)
    assert services.advance_due() == 0
    progress = lifecycle.progress_of(now_of(staged), lifecycle.practice_of(people.organization))
    assert progress is not None
    assert (progress.n_errors, "held here" in progress.what_next) == (1, True)


def test_errors_of_other_policies_hold_nothing(staged: PolicyVersion) -> None:
    judged(staged, 3)
    said = [
        {"policy": "other", "version": 9, "outcome": "deny", "results": [{"result": "error"}]},
        {"policy": "limits", "version": 2, "outcome": "deny", "results": [{"result": False}]},
    ]
    PolicyDecision.objects.create(
        organization_id=staged.policy.organization_id,
        subject="s", hook="action", input={}, outcome="allow", engine="", micros=1, shadows=said,
    )  # fmt: skip
    since(staged, 2.1)
    assert services.advance_due() == 1


def test_decisions_before_the_stage_began_do_not_count(staged: PolicyVersion) -> None:
    judged(staged, 3)
    PolicyVersion.objects.filter(pk=staged.pk).update(status_at=now())
    assert services.advance_due() == 0


def test_one_that_cannot_be_enforced_does_not_hold_up_the_others(people: People, staged: PolicyVersion) -> None:
    broken = people.save(small(), name="broken")
    spec = {"rules": [{**small(), "when": "no.such"}]}
    PolicyVersion.objects.filter(pk=broken.pk).delete()
    broken = PolicyVersion.objects.create(
        policy=broken.policy, number=1, spec=spec, digest="", created_by="admin", status="canary", way="staged",
        reviewed_by=["lead"], status_at=now() - timedelta(days=9),
    )  # fmt: skip
    judged(staged, 3)
    since(staged, 2.1)
    assert services.advance_due() == 1
    assert (now_of(broken).status, now_of(staged).status) == ("canary", "canary")


def test_trying_in_shadow_needs_nobody_and_goes_no_further(people: People) -> None:
    draft = people.save(small())
    stamp = stamp_of(people.organization.pk)
    services.try_in_shadow(draft.policy, 1, Actor.of(people.admin))
    assert now_of(draft).status == "shadow"
    assert stamp_of(people.organization.pk) != stamp
    since(draft, 24 * 365)
    judged(draft, 300)
    assert services.advance_due() == 0
    assert people.ask(draft).needed == 2
    assert now_of(draft).status == "in_review"


def test_what_is_not_ready_is_not_tried(people: People) -> None:
    draft = people.save({**small(), "tests": []})
    with pytest.raises(errors.NotValid):
        services.try_in_shadow(draft.policy, 1, Actor.of(people.admin))


def test_one_version_is_tried_at_a_time_and_a_reviewed_one_is_not_pushed_aside(
    people: People, staged: PolicyVersion
) -> None:
    newer = people.save(limit(40))
    with pytest.raises(errors.WrongStatus, match="while version 2 is being tried"):
        services.try_in_shadow(newer.policy, 3, Actor.of(people.admin))
    services.stop_trying(staged.policy, 2, Actor.of(people.admin))
    assert (now_of(staged).status, now_of(staged).reviewed_by) == ("validated", [])
    services.try_in_shadow(newer.policy, 3, Actor.of(people.admin))
    services.try_in_shadow(newer.policy, 2, Actor.of(people.admin))
    assert (now_of(newer).status, now_of(staged).status) == ("validated", "shadow")


def test_only_what_is_tried_can_be_stopped(people: People) -> None:
    with pytest.raises(errors.WrongStatus, match="is draft, so it cannot be stopped"):
        services.stop_trying(people.save(small()).policy, 1, Actor.of(people.admin))


def test_a_candidate_ends_when_something_else_is_enforced(people: People, staged: PolicyVersion) -> None:
    draft = people.save(limit(40))
    services.release(draft.policy, 3, people.admin)
    assert (now_of(staged).status, enforced(staged.policy)) == ("superseded", 3)


@pytest.mark.parametrize("rule", [small, lambda: limit(200)], ids=["allow", "weaker"])
def test_what_was_reviewed_in_stages_is_not_enforced_past_them(people: People, rule: Callable[[], Any]) -> None:
    people.enforce(limit(100))
    version = people.save(rule(), *([limit(100)] if rule is small else []))
    request = people.ask(version, "staged")
    people.answer(request, "lead")
    people.answer(request, "reviewer")
    with pytest.raises(errors.StillStaged):
        services.release(version.policy, 2, people.admin)
    assert enforced(version.policy) == 1
