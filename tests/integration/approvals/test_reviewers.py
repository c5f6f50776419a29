"""The board of reviewers: what each did, and nothing where there is too little to tell."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.accounts.models import Membership
from coordination.approvals import selectors
from coordination.approvals.models import ApprovalDecision, ApprovalRequest, Canary, SecondLook
from coordination.approvals.selectors import Board, Reviewer
from coordination.shared.clock import now
from tests.factories import make_member
from tests.integration.approvals.conftest import Ask, Cast

SINCE = timedelta(days=1)


def said(ask: Ask, who: Membership, n: int, verdict: str = "approve", apart_s: int = 10, **more: Any) -> None:
    """Write down n answers of somebody, each so many seconds after the one before."""
    request = ask(subject=f"guard:{who.user.username}-{verdict}-{n}")
    begin = now() - timedelta(minutes=30)
    ApprovalRequest.objects.filter(pk=request.pk).update(created_at=begin - timedelta(seconds=apart_s))
    common = {
        "request": request,
        "revision": 1,
        "stage": {},
        "actor": who.user,
        "verdict": verdict,
        "is_counted": False,
    }
    ApprovalDecision.objects.bulk_create(
        ApprovalDecision(**common, digest_seen="", created_at=begin + timedelta(seconds=apart_s * at), **more)
        for at in range(n)
    )


def looked(cast: Cast, pairs: list[tuple[str, str]], why: str = "single") -> None:
    """Write down second looks of what the reviewer and the second said."""
    SecondLook.objects.bulk_create(
        SecondLook(
            organization=cast.organization, source=f"x:{why}:{at}", why=why, state="agreed", subject="guard:x",
            operation="x", risk_band="low", first=first, first_by=cast.reviewer.user if why == "single" else None,
            second=second, second_by=cast.second.user, second_at=now(), created_at=now(), due_at=now(),
        )
        for at, (first, second) in enumerate(pairs)
    )  # fmt: skip


def board(cast: Cast) -> Board:
    return selectors.board_of(cast.organization, now() - SINCE)


def of(cast: Cast, who: Membership) -> Reviewer:
    return next(one for one in board(cast).reviewers if one.user_id == who.user_id)


def test_shares_and_medians_are_told_from_twenty_decisions_on(cast: Cast, ask: Ask) -> None:
    said(ask, cast.reviewer, 15)
    said(ask, cast.reviewer, 4, "reject")
    few = of(cast, cast.reviewer)
    assert (few.n, few.overridden.k, few.overridden.value, few.median_s, few.per_hour) == (19, 4, None, None, None)
    said(ask, cast.reviewer, 1, "edit")
    enough = of(cast, cast.reviewer)
    assert (enough.overridden.value, enough.edited.value) == (0.2, 0.05)
    low, high = enough.overridden.interval or (0, 0)
    assert 0 < low < 0.2 < high < 1


def test_the_median_is_the_time_from_the_question_or_the_answer_before(cast: Cast, ask: Ask) -> None:
    said(ask, cast.reviewer, 30, apart_s=7)
    assert of(cast, cast.reviewer).median_s == pytest.approx(7)


def test_haste_and_what_was_thought_first_are_counted(cast: Cast, ask: Ask) -> None:
    said(ask, cast.reviewer, 3, hurry="glance")
    said(ask, cast.reviewer, 2, own_judgement="reject")
    one = of(cast, cast.reviewer)
    assert (one.hurried, one.judged_first, one.swayed) == (3, 2, 2)


def test_kappa_is_told_from_twenty_pairs_on_and_of_both_people(cast: Cast) -> None:
    looked(cast, [("approve", "approve")] * 10 + [("reject", "reject")] * 5 + [("approve", "reject")] * 4)
    assert (of(cast, cast.reviewer).agreement.n, of(cast, cast.reviewer).agreement.value) == (19, None)
    SecondLook.objects.all().delete()
    looked(cast, [("approve", "approve")] * 10 + [("reject", "reject")] * 6 + [("approve", "reject")] * 4)
    found = of(cast, cast.reviewer).agreement
    assert found.value == pytest.approx(0.6)
    assert found.low is not None
    assert found.low < 0.6
    assert of(cast, cast.second).agreement.value == pytest.approx(0.6)
    assert board(cast).agreement.n == 20


def test_what_policy_allowed_is_held_against_people_apart_from_kappa(cast: Cast) -> None:
    looked(cast, [("approve", "approve")] * 18 + [("approve", "reject")] * 2, why="allowed")
    found = board(cast)
    assert (found.allowed_wrong.k, found.allowed_wrong.n, found.agreement.n) == (2, 20, 0)
    assert of(cast, cast.second).agreement.n == 0


def test_exercises_are_told_from_ten_on(cast: Cast, ask: Ask) -> None:
    for at in range(10):
        request = ask(subject=f"guard:exercise-{at}", is_synthetic=True)
        Canary.objects.create(
            request=request, organization=cast.organization, key="x", lesson="L", placed_at=now(),
            result="missed" if at < 3 else "caught", answered_by=cast.reviewer.user, answered_at=now(),
        )  # fmt: skip
    one = of(cast, cast.reviewer)
    assert (one.missed.k, one.missed.n, one.missed.value) == (3, 10, 0.3)
    Canary.objects.first().delete()  # type: ignore[union-attr]
    assert of(cast, cast.reviewer).missed.value is None


def test_what_others_decide_elsewhere_or_long_ago_is_not_counted(cast: Cast, ask: Ask) -> None:
    said(ask, cast.reviewer, 5)
    assert selectors.board_of(cast.stranger.organization, now() - SINCE).reviewers[0].n == 0
    assert selectors.board_of(cast.organization, now() - timedelta(minutes=5)).reviewers[0].n == 0


def test_who_may_see_others(cast: Cast) -> None:
    seeing = [selectors.may_see_reviewers(who) for who in (cast.manager, cast.admin, cast.lead, cast.reviewer)]
    assert seeing == [True, True, True, False]
    assert [one.username for one in selectors.only(board(cast), cast.reviewer).reviewers] == ["reviewer"]


def test_a_board_costs_as_much_for_ten_people_as_for_twenty(cast: Cast, ask: Ask) -> None:
    costs = []
    for begin in (0, 10):
        for at in range(begin, begin + 10):
            said(ask, make_member(cast.organization, f"person-{at}"), 2)
        with CaptureQueriesContext(connection) as captured:
            board(cast)
        costs.append(len(captured))
    assert costs[0] == costs[1]
