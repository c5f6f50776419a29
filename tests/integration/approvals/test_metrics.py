"""How well the queue does."""

from datetime import timedelta

import pytest

from coordination.accounts.actors import Actor
from coordination.approvals import services
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.selectors import queue_figures
from coordination.shared.clock import now
from tests.integration.approvals.conftest import Ask, Cast

WEEK = timedelta(days=7)


def settle(cast: Cast, ask: Ask, minutes: int, verdict: str = "approve", **changes: object) -> ApprovalRequest:
    """Return a question that was decided so many minutes after it was asked."""
    n = ApprovalRequest.objects.count()
    request = services.decide(ask(subject=f"run:1/step:{n}", **changes), cast.reviewer, verdict, "Seen.", 1)
    asked_at = request.decided_at - timedelta(minutes=minutes)
    promised = request.promised_at - timedelta(minutes=minutes)
    ApprovalRequest.objects.filter(pk=request.pk).update(created_at=asked_at, promised_at=promised)
    return request


def test_figures_say_how_long_people_take_and_how_they_see_it(cast: Cast, ask: Ask) -> None:
    for minutes in (10, 20, 30, 40):
        settle(cast, ask, minutes, risk_band="high")
    settle(cast, ask, 90, "reject", risk_band="high")
    edited = ask(subject="run:2/step:a", risk_band="low")
    services.decide(edited, cast.reviewer, "edit", "less", 1, parameters={"amount": 1})
    services.decide(edited, cast.second, "approve", "", 2)
    found = queue_figures(cast.organization, now() - WEEK, now())
    high, all_of_them = found["high"], found[""]
    assert (high.median, high.p90) == (timedelta(minutes=30), timedelta(minutes=70))
    # An hour was promised.
    assert (high.late, high.late_share, high.override_share, high.edit_share) == (1, 0.2, 0.2, 0.0)
    assert (all_of_them.decided, all_of_them.edited) == (6, 1)
    assert all_of_them.edit_share == pytest.approx(1 / 6)
    assert found["medium"].decided == 0


def test_what_nobody_decided_is_late_and_counts_as_nobodys_decision(cast: Cast, ask: Ask) -> None:
    services.expire(ask(expires_in=timedelta(seconds=-1)))
    services.set_part(cast.organization, "unattended", True, Actor.of(cast.admin))
    services.expire(ask(subject="run:1/step:b", expires_in=timedelta(seconds=-1), tool_version=1), may_pass=True)
    found = queue_figures(cast.organization, now() - WEEK, now())[""]
    assert (found.decided, found.settled, found.late, found.unattended, found.median) == (0, 2, 2, 1, None)


def test_too_few_answers_say_nothing_in_percent(cast: Cast, ask: Ask) -> None:
    for _ in range(4):
        settle(cast, ask, 5)
    found = queue_figures(cast.organization, now() - WEEK, now())[""]
    assert (found.decided, found.late_share, found.override_share, found.edit_share) == (4, None, None, None)


def test_what_waits_is_counted_with_the_oldest_and_the_late(cast: Cast, ask: Ask) -> None:
    first = ask()
    ask(subject="run:1/step:b", risk_band="high")
    ask(subject="run:1/step:c", is_synthetic=True)
    ApprovalRequest.objects.filter(pk=first.pk).update(promised_at=now() - timedelta(minutes=1))
    found = queue_figures(cast.organization, now() - WEEK, now())
    assert (found[""].open, found[""].oldest_at, found[""].late_open) == (2, first.created_at, 1)
    assert found["high"].late_open == 0
    assert queue_figures(cast.stranger.organization, now() - WEEK, now())[""].open == 0


def test_what_was_decided_before_the_time_or_taken_back_does_not_count(cast: Cast, ask: Ask) -> None:
    old = settle(cast, ask, 1)
    ApprovalRequest.objects.filter(pk=old.pk).update(decided_at=now() - WEEK - timedelta(hours=1))
    gone = settle(cast, ask, 1)
    services.invalidate(gone, "policy changed")
    assert queue_figures(cast.organization, now() - WEEK, now())[""].decided == 0
