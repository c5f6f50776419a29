"""Stages in order and side by side, quorum, units, strength of sign-in, and breaking the glass."""

from typing import Any

import pytest

from coordination.accounts.models import Membership
from coordination.approvals import services
from coordination.approvals.errors import (
    Abstained,
    AlreadyVoted,
    GlassKept,
    NotAsked,
    OwnAgent,
    SameUnit,
    SignInTooWeak,
)
from coordination.approvals.models import ApprovalRequest, State
from coordination.approvals.question import Manner, Stage
from coordination.approvals.selectors import may_decide, pending_for, progress_of
from coordination.audit.models import AuditEvent
from tests import acting
from tests.factories import make_member
from tests.integration.approvals.conftest import Ask, Cast, stand_in
from tests.integration.approvals.desk import Desk
from tests.integration.runs.conftest import make_world
from tests.working import work_off

TWO = [Stage(role="reviewer"), Stage(role="admin")]


def vote(request: ApprovalRequest, who: Membership, verdict: str = "approve", **more: Any) -> ApprovalRequest:
    request.refresh_from_db()
    return services.decide(request, who, verdict, "Seen.", request.revision, **more)


def waits_for(request: ApprovalRequest, *people: Membership) -> list[str]:
    return [one.user.username for one in people if pending_for(one).filter(pk=request.pk).exists()]


def test_stages_are_asked_one_after_the_other(cast: Cast, ask: Ask) -> None:
    request = ask(stages=TWO)
    everyone = (cast.reviewer, cast.second, cast.admin)
    assert waits_for(request, *everyone) == ["reviewer", "second"]
    assert isinstance(may_decide(request, cast.admin), NotAsked)
    assert vote(request, cast.reviewer).state == State.PENDING
    assert waits_for(request, *everyone) == ["admin"]
    with pytest.raises(NotAsked):
        vote(request, cast.second)
    assert [(one.state, one.votes) for one in progress_of(request)] == [("done", 1), ("open", 0)]
    assert vote(request, cast.admin).state == State.APPROVED


def test_parallel_stages_are_open_together(cast: Cast, ask: Ask) -> None:
    request = ask(stages=[Stage(role="reviewer"), Stage(role="admin", parallel=True), Stage(users=["lead"])])
    assert waits_for(request, cast.reviewer, cast.admin, cast.lead) == ["reviewer", "admin", "lead"]
    vote(request, cast.admin)
    assert waits_for(request, cast.second, cast.admin) == ["second"]
    vote(request, cast.second)
    assert request.stage_no == 0
    request.refresh_from_db()
    assert (request.stage_no, waits_for(request, cast.reviewer, cast.lead)) == (2, ["lead"])
    assert vote(request, cast.lead).state == State.APPROVED


def test_one_person_counts_once_in_all_stages(cast: Cast, ask: Ask) -> None:
    request = ask(stages=[Stage(role="reviewer"), Stage(users=["reviewer", "second"])])
    vote(request, cast.reviewer)
    with pytest.raises(AlreadyVoted):
        vote(request, cast.reviewer)
    assert waits_for(request, cast.reviewer, cast.second) == ["second"]
    assert vote(request, cast.second).state == State.APPROVED


def test_as_many_must_object_as_the_stage_says(cast: Cast, ask: Ask) -> None:
    request = ask(stage=Stage(n_required=2, deny_threshold=2))
    assert vote(request, cast.reviewer, "reject").state == State.PENDING
    with pytest.raises(AlreadyVoted):
        vote(request, cast.reviewer, "reject")
    with pytest.raises(AlreadyVoted):
        vote(request, cast.reviewer)
    assert vote(request, cast.second, "reject").state == State.REJECTED


def test_who_objects_after_approving_takes_the_vote_back(cast: Cast, ask: Ask) -> None:
    request = ask(stage=Stage(n_required=2, deny_threshold=2))
    vote(request, cast.reviewer)
    vote(request, cast.reviewer, "reject")
    assert vote(request, cast.second).state == State.PENDING


def test_distinct_units_count_each_group_once(cast: Cast, ask: Ask) -> None:
    one, two, other = (make_member(cast.organization, name, groups=[group]) for name, group in (
        ("one", "sales"), ("two", "sales"), ("other", "legal"),
    ))  # fmt: skip
    request = ask(stage=Stage(role="reviewer", n_required=2, distinct_units=True))
    vote(request, one)
    with pytest.raises(SameUnit):
        vote(request, two)
    assert waits_for(request, two, other) == ["other"]
    assert vote(request, other).state == State.APPROVED


@pytest.mark.parametrize(("auth", "is_enough"), [("", False), ("token", False), ("session", False), ("oidc", True)])
def test_a_weak_sign_in_does_not_approve_but_may_object(cast: Cast, ask: Ask, auth: str, is_enough: bool) -> None:
    request = ask(stage=Stage(min_auth="oidc"))
    if is_enough:
        assert vote(request, cast.reviewer, manner=Manner(auth=auth)).state == State.APPROVED
        return
    with pytest.raises(SignInTooWeak):
        vote(request, cast.reviewer, manner=Manner(auth=auth))
    assert vote(request, cast.reviewer, "reject", manner=Manner(auth=auth)).state == State.REJECTED


def test_who_steps_back_is_not_asked_again(cast: Cast, ask: Ask) -> None:
    request = ask()
    assert vote(request, cast.reviewer, "abstain").state == State.PENDING
    with pytest.raises(Abstained):
        vote(request, cast.reviewer)
    assert waits_for(request, cast.reviewer, cast.second) == ["second"]


@pytest.mark.parametrize("band", ["low", "medium", "high", "critical"])
def test_who_answers_for_the_agent_does_not_approve_what_is_risky(cast: Cast, ask: Ask, band: str) -> None:
    request = ask(owners=["reviewer"], risk_band=band)
    is_risky = band in ("high", "critical")
    assert isinstance(may_decide(request, cast.reviewer), OwnAgent) == is_risky
    assert waits_for(request, cast.reviewer) == ([] if is_risky else ["reviewer"])


def test_advice_is_kept_and_never_counts(cast: Cast, ask: Ask) -> None:
    request = ask()
    assert vote(request, cast.reviewer, manner=Manner(is_counted=False)).state == State.PENDING
    assert vote(request, cast.second).state == State.APPROVED


def test_a_vote_in_place_of_someone_counts_for_neither_of_them_again(cast: Cast, ask: Ask) -> None:
    request = ask(stage=Stage(role="reviewer", n_required=2))
    stand_in(cast.reviewer, cast.second)
    vote(request, cast.second, manner=Manner(for_user_id=cast.reviewer.user_id))
    for who in (cast.second, cast.reviewer):
        with pytest.raises(AlreadyVoted):
            vote(request, who)
    assert waits_for(request, cast.second, cast.reviewer) == []


def test_an_edit_begins_the_chain_again(cast: Cast, ask: Ask) -> None:
    request = ask(stages=TWO)
    vote(request, cast.reviewer)
    edited = vote(request, cast.admin, "edit", parameters={"order": "17", "amount": 5})
    assert (edited.stage_no, edited.revision) == (0, 2)
    assert [one.number for one in edited.revisions.all()] == [1, 2]
    assert waits_for(request, cast.reviewer, cast.admin) == ["reviewer"]


def test_escalating_one_stage_keeps_the_others(cast: Cast, ask: Ask) -> None:
    request = ask(stages=TWO)
    services.escalate(request, cast.reviewer, "Too much for me.", 1)
    assert waits_for(request, cast.reviewer, cast.lead) == ["lead"]
    assert vote(request, cast.lead).state == State.PENDING
    assert vote(request, cast.admin).state == State.APPROVED


def test_only_an_admin_without_part_in_it_breaks_the_glass_and_says_why(cast: Cast, ask: Ask) -> None:
    request = ask(stages=TWO, owners=["admin"])
    for who in (cast.reviewer, cast.manager, cast.admin):
        with pytest.raises(GlassKept):
            services.break_glass(request, who, "It burns.", 1, Manner(auth="webauthn"))
    other = make_member(cast.organization, "other", ["admin"])
    for auth in ("token", "session", "oidc"):
        with pytest.raises(SignInTooWeak):
            services.break_glass(request, other, "It burns.", 1, Manner(auth=auth))
    assert services.break_glass(request, other, "It burns.", 1, Manner(auth="webauthn")).is_glass_broken


def test_broken_glass_releases_the_action_and_is_reviewed_by_someone_else(db: None, settings: Any) -> None:
    desk = Desk(
        make_world(settings), approval={"stages": [{"role": "reviewer"}, {"role": "reviewer", "group": "lead"}]}
    )
    run = desk.asked()
    admin = desk.person("root", "admin", "reviewer")
    broken = desk.answer(run, admin, "break_glass", reason="It burns.", manner=Manner(auth="webauthn"))
    assert (broken.state, broken.voters) == (State.APPROVED, set())
    assert work_off(run).status == "succeeded"
    assert len(acting.sent) == 1
    review = ApprovalRequest.objects.get(subject=f"review:{broken.pk}")
    assert (review.due_at - review.created_at).total_seconds() == 86_400
    assert isinstance(may_decide(review, admin), Exception)
    answered = services.answer_post_review(desk.person("ann"), review.pk, "approve", reason="Right.", revision=1)
    assert answered.state == State.CONSUMED
    assert AuditEvent.objects.filter(kind="ApprovalGlassBroken").count() == 1
