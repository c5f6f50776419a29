"""Requests end without an answer when their time or their cause is over."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import Actor
from coordination.approvals import services
from coordination.approvals.models import ApprovalRequest, State
from coordination.audit.models import AuditEvent
from coordination.audit.selectors import history
from coordination.audit.services import verify
from coordination.shared.clock import now
from tests.integration.approvals.conftest import RUN, Ask, Cast


def states() -> dict[str, str]:
    return dict(ApprovalRequest.objects.values_list("subject", "state"))


def test_what_is_due_expires_once(cast: Cast, ask: Ask) -> None:
    ask(subject="run:1/step:a", expires_in=timedelta(minutes=1))
    ask(subject="policy:x", expires_in=timedelta(minutes=1))
    ask(subject="run:2/step:a", expires_in=timedelta(minutes=9))
    moment = now() + timedelta(minutes=2)
    assert {request.subject for request in services.expire_due(moment)} == {"run:1/step:a", "policy:x"}
    assert services.expire_due(moment) == []
    assert states() == {"run:1/step:a": "expired", "policy:x": "expired", "run:2/step:a": "pending"}
    assert AuditEvent.objects.filter(kind="ApprovalExpired", actor="system:coordination").count() == 2


def test_what_is_decided_does_not_expire(cast: Cast, ask: Ask) -> None:
    services.decide(ask(), cast.reviewer, "approve", "", 1)
    assert services.expire_due(now() + timedelta(days=9)) == []


def test_a_cancelled_run_takes_its_requests_with_it(cast: Cast, ask: Ask) -> None:
    ask(subject="run:1/step:a")
    services.decide(ask(subject="run:1/step:b"), cast.reviewer, "approve", "", 1)
    services.decide(ask(subject="run:1/step:c"), cast.reviewer, "reject", "no", 1)
    ask(subject="run:12/step:a")
    cancelled = services.cancel_for(cast.organization, "run:1", actor=Actor.of(cast.manager), reason="run cancelled")
    assert {request.subject for request in cancelled} == {"run:1/step:a", "run:1/step:b"}
    assert states() == {
        "run:1/step:a": State.CANCELLED,
        "run:1/step:b": State.CANCELLED,
        "run:1/step:c": State.REJECTED,
        "run:12/step:a": State.PENDING,
    }
    event = AuditEvent.objects.filter(kind="ApprovalCancelled").first()
    assert event
    assert (event.actor, event.data["reason"]) == ("user:manager", "run cancelled")


def test_another_organizations_requests_stay(cast: Cast, ask: Ask) -> None:
    ask(subject="run:1/step:a")
    assert services.cancel_for(cast.stranger.organization, "run:1") == []


def test_closing_many_costs_as_much_as_closing_one(cast: Cast, ask: Ask) -> None:
    def cost(run: str, count: int) -> int:
        for number in range(count):
            ask(subject=f"{run}/step:{number}")
        with CaptureQueriesContext(connection) as queries:
            assert len(services.cancel_for(cast.organization, run)) == count
        return len(queries)

    assert cost("run:1", 1) == cost(RUN, 20)
    assert len(history(cast.organization, RUN)) == 40
    assert verify().first_bad is None
