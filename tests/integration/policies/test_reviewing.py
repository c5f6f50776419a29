"""A change is reviewed by people who did not write it, by two where more may happen than before."""

import json
from datetime import timedelta

import pytest

from coordination.accounts.actors import SYSTEM, Actor
from coordination.approvals.errors import AlreadyVoted, NotAsked, OwnRequest
from coordination.approvals.models import ApprovalRequest, State
from coordination.approvals.selectors import pending_for
from coordination.audit.models import AuditEvent
from coordination.policies import errors, services
from coordination.policies.models import Backtest, BacktestStatus, PolicyVersion
from coordination.policies.selectors import lifecycle
from coordination.policies.services import decide
from coordination.runs.services.answering import expire_approval
from coordination.shared.clock import now
from tests.factories import make_member
from tests.integration.policies.people import People, enforced, limit, now_of, small
from tests.integration.policies.rules import refund


def kinds(people: People) -> list[str]:
    events = AuditEvent.objects.filter(organization=people.organization, stream="policies").order_by("stream_no")
    return [event.kind for event in events]


def last(people: People) -> dict[str, object]:
    event = AuditEvent.objects.filter(organization=people.organization, stream="policies").latest("stream_no")
    found: dict[str, object] = json.loads(event.body)["data"]
    return found


def backtested(version: PolicyVersion, *flips: tuple[str, str, int]) -> None:
    Backtest.objects.create(
        organization_id=version.policy.organization_id,
        policy=version.policy,
        version=version,
        status=BacktestStatus.FINISHED,
        requested_by="admin",
        created_at=now(),
        seen_at=now(),
        finished_at=now(),
        against=version.policy.enforced.number if version.policy.enforced else None,
        report={
            "n": 100,
            "flips": [{"before": before, "after": after, "n": n} for before, after, n in flips],
            "unreplayable": {"n": 0},
        },
    )


def test_what_lets_more_happen_takes_two_people_and_then_holds(people: People) -> None:
    draft = people.save(small())
    request = people.ask(draft)
    assert now_of(draft).status == "in_review"
    assert request.needed == 2

    people.answer(request, "reviewer")
    assert enforced(draft.policy) is None
    people.answer(request, "second_admin", reason="fine with me")

    version = now_of(draft)
    assert (version.status, version.way, version.reviewed_by) == ("enforced", "direct", ["reviewer", "second_admin"])
    assert ApprovalRequest.objects.get().state == State.CONSUMED
    assert decide(people.organization, refund(5.0), subject="s").outcome == "allow"
    assert kinds(people) == ["PolicySaved", "PolicyReviewAsked", "PolicyPublished"]
    assert last(people)["reviewed_by"] == ["reviewer", "second_admin"]


def test_what_lets_nothing_more_happen_takes_one_person(people: People) -> None:
    people.enforce(limit(100))
    request = people.ask(people.save(limit(50)))
    assert request.needed == 1
    assert request.title == "limits v2: over-limit: asks a person above $50 instead of $100"
    people.answer(request, "lead")
    assert enforced(people.save(limit(50)).policy) == 2


def test_a_backtest_tells_better_than_the_text_how_many_must_agree(people: People) -> None:
    people.enforce(limit(100))
    looser = people.save(limit(200))
    backtested(looser, ("allow", "deny", 3))
    assert people.ask(looser).needed == 1

    services.withdraw_review(looser.policy, looser.number, SYSTEM)
    backtested(looser, ("require_approval", "allow", 14))
    request = people.ask(looser)
    assert request.needed == 2
    assert "14 acts that a person decides" in str(request.reasons)


@pytest.mark.parametrize("way", ["direct", "staged"])
def test_reviewers_see_how_it_comes_into_force(people: People, way: str) -> None:
    request = people.ask(people.save(limit()), way)
    assert request.parameters["way"] == way
    assert ("at once after" if way == "direct" else "in shadow first") in request.intent


def test_the_author_never_approves(people: People) -> None:
    draft = people.save(small())
    request = people.ask(draft, by="second_admin")
    for name in ("second_admin", "admin"):  # who asked, and who wrote it
        with pytest.raises((NotAsked, errors.WroteIt)):
            people.answer(request, name)
        assert list(pending_for(getattr(people, name))) == []


def test_a_reviewer_who_is_the_author_does_not_approve(people: People) -> None:
    both = make_member(people.organization, "both", ["admin", "reviewer"])
    object.__setattr__(people, "both", both)
    request = people.ask(people.save(small(), by="both"))
    with pytest.raises((errors.WroteIt, OwnRequest)):
        people.answer(request, "both")


def test_who_wrote_a_part_of_it_in_an_earlier_draft_does_not_approve_either(people: People) -> None:
    both = make_member(people.organization, "both", ["admin", "reviewer"])
    object.__setattr__(people, "both", both)
    people.save(small(), by="both")
    request = people.ask(people.save(small(), limit()))
    with pytest.raises(errors.WroteIt):
        people.answer(request, "both")
    assert people.answer(request, "both", "reject", "on second thoughts").state == State.REJECTED


def test_a_person_counts_once(people: People) -> None:
    request = people.ask(people.save(small()))
    people.answer(request, "reviewer")
    with pytest.raises(AlreadyVoted):
        people.answer(request, "reviewer")
    assert enforced(people.save(small()).policy) is None


def test_who_is_neither_reviewer_nor_admin_is_not_asked(people: People) -> None:
    with pytest.raises(NotAsked):
        people.answer(people.ask(people.save(small())), "manager")


def test_one_objection_ends_it_and_the_same_again_is_a_new_draft(people: People) -> None:
    draft = people.save(small())
    people.answer(people.ask(draft), "lead", "reject", "too much")
    assert now_of(draft).status == "rejected"
    assert last(people)["reason"] == "too much"
    assert people.save(small()).number == 2


def test_a_review_takes_no_edit(people: People) -> None:
    with pytest.raises(errors.ReviewNotEdited):
        people.answer(people.ask(people.save(small())), "lead", "edit", "better so")


def test_what_is_not_tested_is_not_reviewed(people: People) -> None:
    draft = people.save({**small(), "tests": []})
    with pytest.raises(errors.NotValid, match="small needs a test more") as caught:
        people.ask(draft)
    assert caught.value.errors[0].pointer == "/spec/rules/0/tests"


def test_where_decisions_are_on_record_a_backtest_comes_first(people: People) -> None:
    decide(people.organization, refund(), subject="s")
    draft = people.save(small())
    with pytest.raises(errors.NotBacktested):
        people.ask(draft)
    backtested(draft)
    assert people.ask(draft).needed == 1


def test_a_review_that_too_few_could_answer_is_not_asked(people: People) -> None:
    for member in (people.second_admin, people.lead):
        member.delete()
    with pytest.raises(errors.NobodyToReview, match=r"Two people .* there are 1"):
        people.ask(people.save(small()))
    assert not ApprovalRequest.objects.exists()


def test_one_version_is_reviewed_at_a_time_and_can_be_withdrawn(people: People) -> None:
    first = people.save(small())
    request = people.ask(first)
    for version in (first, people.save(small(), limit())):
        with pytest.raises(errors.UnderReview, match="Version 1 of limits"):
            people.ask(version)
    services.withdraw_review(first.policy, 1, Actor.of(people.admin))
    request.refresh_from_db()
    assert (request.state, now_of(first).status, now_of(first).way) == ("cancelled", "validated", "")
    with pytest.raises(errors.WrongStatus, match="is validated"):
        services.withdraw_review(first.policy, 1, SYSTEM)


def test_what_is_enforced_meanwhile_ends_the_review(people: People) -> None:
    draft = people.save(small())
    request = people.ask(draft)
    people.enforce(limit())
    request.refresh_from_db()
    assert (request.state, now_of(draft).status) == ("cancelled", "superseded")


def test_a_review_that_nobody_answers_goes_back_to_its_author(people: People) -> None:
    draft = people.save(small())
    request = people.ask(draft)
    ApprovalRequest.objects.filter(pk=request.pk).update(expires_at=now() - timedelta(seconds=1))
    request.refresh_from_db()
    expire_approval(request)
    assert services.advance_due() == 1
    assert (now_of(draft).status, kinds(people)[-1]) == ("validated", "PolicyReviewLapsed")
    assert services.advance_due() == 0


def test_removing_a_policy_cancels_what_is_asked_about_it(people: People) -> None:
    draft = people.save(small())
    request = people.ask(draft)
    services.remove(draft.policy, SYSTEM)
    request.refresh_from_db()
    assert request.state == State.CANCELLED


def test_ending_a_policy_that_restricts_takes_two(people: People) -> None:
    version = people.enforce(limit())
    with pytest.raises(errors.ReviewRequired, match="ask for a review of its end"):
        services.retire(version.policy, people.admin)
    request = services.request_retirement(version.policy, people.admin, note="not needed any more")
    assert lifecycle.retirement_of(version.policy) == request
    people.answer(request, "lead")
    assert enforced(version.policy) == 1
    people.answer(request, "reviewer")
    assert enforced(version.policy) is None
    assert last(people)["reviewed_by"] == ["lead", "reviewer"]


def test_another_version_voids_the_question_about_the_end(people: People) -> None:
    version = people.enforce(limit())
    request = services.request_retirement(version.policy, people.admin)
    people.enforce(limit(50))
    request.refresh_from_db()
    assert request.state == State.CANCELLED
