"""What waits for whom, and the figures above the queue."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.approvals import selectors, services
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.question import Stage
from coordination.shared.clock import now
from coordination.shared.errors import NotFound
from tests.integration.approvals.conftest import Ask, Cast


def test_the_most_urgent_comes_first(cast: Cast, ask: Ask) -> None:
    for band in ("low", "critical", "medium", "high"):
        ask(subject=f"run:1/step:{band}", risk_band=band)
    queue = [request.risk_band for request in selectors.pending_for(cast.reviewer)]
    assert queue == ["critical", "high", "medium", "low"]


def test_a_request_of_another_organization_is_not_found(cast: Cast, ask: Ask) -> None:
    request = ask()
    assert selectors.get_request(cast.organization, request.pk) == request
    with pytest.raises(NotFound):
        selectors.get_request(cast.stranger.organization, request.pk)
    assert not selectors.open_requests(cast.stranger.organization).exists()
    assert not selectors.pending_for(cast.stranger).exists()


def test_twice_the_queue_costs_the_same_statements(cast: Cast, ask: Ask) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            for request in selectors.open_requests(cast.organization):
                selectors.may_decide(request, cast.lead)
                [decision.actor.username for decision in request.decisions.all()]
                str(request.claimed_by), str(request.requested_by), request.organization.slug, request.voters
            list(selectors.pending_for(cast.lead))
        return len(queries)

    def add(first: int) -> None:
        for number in range(first, first + 5):
            request = ask(subject=f"run:1/step:{number}", stage=Stage(n_required=2))
            services.decide(request, cast.reviewer, "approve", "", 1)
            services.claim(request, cast.second)

    add(0)
    # In whose place a member may decide is read once.
    cost()
    few = cost()
    add(5)
    assert cost() == few


def test_counts_stand_above_the_queue(cast: Cast, ask: Ask) -> None:
    ask(subject="run:1/step:a", risk_band="high")
    ask(subject="run:1/step:b", stage=Stage(users=["lead"]))
    ask(subject="run:1/step:c")
    oldest = ApprovalRequest.objects.order_by("id")[0]
    ApprovalRequest.objects.filter(pk=oldest.pk).update(due_at=now() - timedelta(minutes=1))
    services.decide(ask(subject="run:1/step:d"), cast.reviewer, "reject", "no", 1)
    counts = selectors.queue_counts(cast.reviewer)
    assert (counts.open, counts.mine, counts.overdue, counts.high) == (3, 2, 1, 1)
    assert counts.oldest_at == oldest.created_at


def test_an_empty_queue_has_no_figures(cast: Cast) -> None:
    counts = selectors.queue_counts(cast.reviewer)
    assert (counts.open, counts.mine, counts.overdue, counts.high, counts.oldest_at) == (0, 0, 0, 0, None)
    assert selectors.median_decision_s(cast.organization, now() - timedelta(days=7)) is None


def test_the_median_is_of_what_people_decided(cast: Cast, ask: Ask) -> None:
    moment = now()
    for number, waited_s in enumerate((10, 30, 1000)):
        request = services.decide(ask(subject=f"run:1/step:{number}"), cast.reviewer, "approve", "", 1)
        ApprovalRequest.objects.filter(pk=request.pk).update(
            created_at=moment - timedelta(seconds=waited_s), decided_at=moment
        )
    ask(subject="run:2/step:a")
    services.cancel_for(cast.organization, "run:2")
    assert selectors.median_decision_s(cast.organization, moment) == 30
    assert selectors.median_decision_s(cast.organization, moment + timedelta(seconds=1)) is None


def test_effort_counts_from_the_answer_before_or_from_when_the_question_came(cast: Cast, ask: Ask) -> None:
    """All came a while ago: the first answer had its question's time, each other one the time since the one before."""
    moment = now()
    asked = [ask(subject=f"run:1/step:{number}") for number in range(5)]
    for request in asked:
        services.decide(request, cast.reviewer, "approve", "", 1)
    ApprovalRequest.objects.update(created_at=moment - timedelta(seconds=500))
    # Since the question 100, then 20, 60, 30; then a break of hours, which is not work.
    for request, after_s in zip(asked, (-400, -380, -320, -290, 9_000), strict=True):
        request.decisions.update(created_at=moment + timedelta(seconds=after_s))
    since = moment - timedelta(days=7)
    assert selectors.median_effort_s(cast.organization, since) is None, "four answers are too few to tell"
    sixth = ask(subject="run:1/step:6")
    services.decide(sixth, cast.second, "reject", "No.", 1)
    ApprovalRequest.objects.filter(pk=sixth.pk).update(created_at=moment)
    sixth.decisions.update(created_at=moment + timedelta(seconds=40))
    assert selectors.median_effort_s(cast.organization, since) == 40
    assert selectors.median_effort_s(cast.stranger.organization, since) is None


def test_decided_is_newest_first(cast: Cast, ask: Ask) -> None:
    decided = [
        services.decide(ask(subject=f"run:1/step:{number}"), cast.reviewer, "approve", "", 1) for number in range(3)
    ]
    assert list(selectors.decided(cast.organization)) == decided[::-1]
