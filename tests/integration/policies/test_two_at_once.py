"""Two people at the same moment: one is first, and the other one is told or counts as the second."""

from collections.abc import Callable

import pytest

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.approvals.models import ApprovalDecision, ApprovalRequest, State
from coordination.policies import services
from coordination.policies.models import PolicyVersion
from coordination.shared.errors import CoordinationError
from tests.factories import make_organization
from tests.integration.policies.people import People, enforced, limit, now_of, small
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(transactional_db: None) -> Organization:
    return make_organization("acme")


def codes_of(*acts: Callable[[], object]) -> list[str]:
    """Do all of it at the same moment, and return what each came to: "" or the code of its error."""
    return [one.code if isinstance(one, CoordinationError) else "" for one in at_once(*acts)]


def test_two_reviewers_at_once_are_two_and_bring_it_into_force_once(people: People) -> None:
    draft = people.save(small())
    request = people.ask(draft)
    assert codes_of(*(lambda by=by: people.answer(request, by) for by in ("reviewer", "lead"))) == ["", ""]
    assert (now_of(draft).status, now_of(draft).reviewed_by) == ("enforced", ["lead", "reviewer"])
    assert ApprovalRequest.objects.get().state == State.CONSUMED


def test_one_reviewer_twice_at_once_is_one(people: People) -> None:
    request = people.ask(people.save(small()))
    said = codes_of(*[lambda: people.answer(request, "reviewer")] * 3)
    assert sorted(said) == ["", "already-voted", "already-voted"]
    assert ApprovalDecision.objects.count() == 1


def test_yes_and_no_at_once_end_in_one_of_them(people: People) -> None:
    people.enforce(limit(100))
    draft = people.save(limit(50))
    request = people.ask(draft)
    said = codes_of(lambda: people.answer(request, "lead"), lambda: people.answer(request, "reviewer", "reject", "no"))
    assert sorted(said) == ["", "already-decided"]
    assert (enforced(draft.policy), now_of(draft).status) == ((2, "enforced") if said[0] == "" else (1, "rejected"))


def test_two_admins_enforce_two_versions_one_after_the_other(people: People) -> None:
    people.enforce(limit(100))
    people.save(limit(50))
    policy = people.save(limit(60)).policy
    codes_of(
        lambda: services.release(policy, 2, people.admin),
        lambda: services.release(policy, 3, people.second_admin),
    )
    standing = PolicyVersion.objects.filter(policy=policy, status="enforced")
    # Had 50 come first, 60 would let more happen than it: then it takes a review.
    assert [one.number for one in standing] == [2]


def test_two_authors_of_one_draft_at_once_keep_one(people: People) -> None:
    people.save(limit(100))
    said = codes_of(
        lambda: people.save(limit(90), by="admin", base=1),
        lambda: people.save(limit(80), by="second_admin", base=1),
    )
    assert sorted(said) == ["", "draft-changed"]
    assert PolicyVersion.objects.count() == 2


def test_asking_for_two_reviews_at_once_asks_once(people: People) -> None:
    draft = people.save(small())
    said = codes_of(*[lambda: people.ask(draft)] * 2)
    assert sorted(said) == ["", "under-review"]
    assert ApprovalRequest.objects.count() == 1


def test_an_answer_and_a_withdrawal_at_once_end_in_one_of_them(people: People) -> None:
    people.enforce(limit(100))
    draft = people.save(limit(50))
    request = people.ask(draft)
    from_answer, from_withdrawal = codes_of(
        lambda: people.answer(request, "lead"),
        lambda: services.withdraw_review(draft.policy, 2, people_actor(people)),
    )
    assert (from_answer == "") != (from_withdrawal == "")
    assert now_of(draft).status == ("enforced" if from_answer == "" else "validated")


def people_actor(people: People) -> Actor:
    return Actor.of(people.admin)


def test_the_beat_and_a_hotfix_at_once_leave_one_enforced(people: People) -> None:
    services.set_practice(people.organization, people_actor(people), shadow_hours=0, shadow_matches=0, canary_hours=0)
    people.enforce(limit(100))
    version = people.save(limit(90))
    people.answer(people.ask(version, "staged"), "lead")
    services.advance_due()
    draft = people.save(limit(50))
    codes_of(services.advance_due, lambda: services.release(draft.policy, 3, people.admin))
    assert enforced(draft.policy) == 3
    assert now_of(version).status == "superseded"
