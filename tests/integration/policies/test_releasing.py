"""What one person may bring into force alone: what tightens, what held before, or all where nothing is reviewed."""

import json

import pytest

from coordination.accounts.actors import Actor
from coordination.approvals.models import ApprovalRequest, State
from coordination.audit.models import AuditEvent
from coordination.policies import errors, services
from coordination.policies.selectors import lifecycle
from tests.integration.policies.people import People, enforced, limit, now_of, small
from tests.integration.policies.rules import never_after_hours


def test_what_tightens_holds_at_once_and_is_reviewed_within_a_day(people: People) -> None:
    people.enforce(limit(100))
    draft = people.save(limit(50))
    version = services.release(draft.policy, 2, people.admin, reason="abuse tonight")

    assert (version.status, version.way, version.replaces) == ("enforced", "hotfix", 1)
    request = ApprovalRequest.objects.get()
    assert (request.operation, request.is_open, request.needed) == ("policy.post-review", True, 1)
    assert (request.due_at - request.created_at).total_seconds() == 24 * 3600
    people.answer(request, "lead")
    assert now_of(version).reviewed_by == ["lead"]
    assert enforced(draft.policy) == 2


def test_a_hotfix_that_is_refused_afterwards_is_taken_back(people: People) -> None:
    people.enforce(limit(100))
    draft = people.save(limit(50))
    version = services.release(draft.policy, 2, people.admin)
    people.answer(ApprovalRequest.objects.get(), "reviewer", "reject", "that stops everyone")

    assert (enforced(draft.policy), now_of(version).status) == (3, "rolled_back")
    restored = draft.policy.versions.get(number=3)
    assert (restored.restores_id, restored.way) == (draft.policy.versions.get(number=1).pk, "restored")


def test_a_first_version_that_is_refused_afterwards_is_disabled(people: People) -> None:
    draft = people.save(limit())
    services.release(draft.policy, 1, people.admin)
    people.answer(ApprovalRequest.objects.get(), "reviewer", "reject", "no")
    assert enforced(draft.policy) is None


def test_a_hotfix_refused_after_it_was_replaced_changes_nothing(people: People) -> None:
    people.enforce(limit(100))
    draft = people.save(limit(50))
    services.release(draft.policy, 2, people.admin)
    people.enforce(limit(40))
    people.answer(ApprovalRequest.objects.get(), "reviewer", "reject", "too late")
    assert enforced(draft.policy) == 3


@pytest.mark.parametrize("rules", [[small()], [limit(200)], [never_after_hours()]], ids=["allow", "weaker", "removed"])
def test_what_lets_more_happen_is_not_enforced_unreviewed(people: People, rules: list[dict[str, object]]) -> None:
    people.enforce(limit(100))
    draft = people.save(*rules)
    with pytest.raises(errors.ReviewRequired, match="ask for a review of version 2") as caught:
        services.release(draft.policy, 2, people.admin)
    assert caught.value.code == "review-required"
    assert enforced(draft.policy) == 1


def test_nobody_there_to_look_afterwards_does_not_stop_what_tightens(people: People) -> None:
    for member in (people.reviewer, people.lead, people.second_admin):
        member.delete()
    draft = people.save(limit())
    assert services.release(draft.policy, 1, people.admin).status == "enforced"
    assert not ApprovalRequest.objects.exists()


def test_a_failing_test_stops_every_release(people: People) -> None:
    rule = limit()
    rule["tests"][0]["expected"] = False
    draft = people.save(rule)
    with pytest.raises(errors.NotValid, match="over-limit: holds: It holds"):
        services.release(draft.policy, 1, people.admin)
    assert enforced(draft.policy) is None


def test_a_hotfix_of_what_is_in_review_asks_again_afterwards(people: People) -> None:
    people.enforce(limit(100))
    draft = people.save(limit(50))
    before = people.ask(draft)
    services.release(draft.policy, 2, people.admin)
    before.refresh_from_db()
    assert before.state == State.SUPERSEDED
    assert [one.operation for one in lifecycle.reviews_of(draft.policy) if one.is_open] == ["policy.post-review"]


def test_what_held_before_comes_back_at_once(people: People) -> None:
    people.enforce(limit(100))
    people.enforce(limit(50))
    version = people.enforce(limit(40))
    with pytest.raises(errors.ReviewRequired, match="make a draft of version 1"):
        services.restore(version.policy, 1, people.admin)
    restored = services.restore(version.policy, 2, people.admin, reason="too strict")
    assert (restored.number, restored.way, restored.created_by, restored.note) == (4, "restored", "admin", "too strict")
    assert now_of(version).status == "rolled_back"
    stricter = services.restore(version.policy, 3, people.admin)
    assert stricter.number == 5


def test_an_older_version_becomes_a_draft_again_for_a_review(people: People) -> None:
    first = people.enforce(limit(100))
    people.enforce(limit(50))
    draft = services.redraft(first.policy, 1, Actor.of(people.admin), note="as it was")
    assert (draft.number, draft.digest, draft.based_on, draft.note) == (3, first.digest, 1, "as it was")


def test_a_policy_that_only_allows_ends_at_once(people: People) -> None:
    version = people.enforce(small())
    assert services.retire(version.policy, people.admin).enforced is None


def test_a_new_hotfix_is_taken_back_by_who_enforced_it(people: People) -> None:
    draft = people.save(limit())
    services.release(draft.policy, 1, people.admin)
    assert services.retire(draft.policy, people.admin).enforced is None


def test_an_organization_may_do_without_reviews_for_a_reason(people: People) -> None:
    actor = Actor.of(people.admin)
    with pytest.raises(errors.PracticeReasonMissing):
        services.set_practice(people.organization, actor, is_review_required=False)
    services.set_practice(people.organization, actor, is_review_required=False, reason="I am alone")
    draft = people.save(small())
    assert services.release(draft.policy, 1, people.admin).way == "unreviewed"
    event = AuditEvent.objects.get(kind="PolicyPracticeChanged")
    said = json.loads(event.body)["data"]
    assert (said["reason"], said["before"]["is_review_required"], said["after"]["is_review_required"]) == (
        "I am alone",
        True,
        False,
    )


def test_a_practice_is_bounded_and_returns_to_reviews_without_a_reason(people: People) -> None:
    actor = Actor.of(people.admin)
    with pytest.raises(errors.PracticeInvalid, match="canary_percent"):
        services.set_practice(people.organization, actor, canary_percent=101)
    assert lifecycle.practice_of(people.organization).canary_percent == 10
    services.set_practice(people.organization, actor, is_review_required=False, reason="alone")
    practice = services.set_practice(people.organization, actor, is_review_required=True, shadow_hours=1)
    assert (practice.reason, practice.shadow_hours, practice.changed_by) == ("", 1, "admin")


def test_saying_the_same_practice_again_is_no_change(people: People) -> None:
    services.set_practice(people.organization, Actor.of(people.admin), shadow_hours=72)
    assert not AuditEvent.objects.filter(kind="PolicyPracticeChanged").exists()
