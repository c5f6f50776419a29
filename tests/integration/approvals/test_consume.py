"""An approval releases its exact action, once."""

import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from django.db import connection

from coordination.approvals import errors, services
from coordination.approvals.errors import ApprovalRefused, Unusable
from coordination.approvals.models import ApprovalRequest, State
from coordination.audit.models import AuditEvent
from coordination.audit.services import verify
from coordination.shared.clock import now
from tests.integration.approvals.conftest import Ask, Cast


@pytest.fixture
def approved(cast: Cast, ask: Ask) -> ApprovalRequest:
    return services.decide(ask(), cast.reviewer, "approve", "", 1)


def refusal(request: ApprovalRequest, digest: str | None = None) -> Unusable:
    with pytest.raises(ApprovalRefused) as refused:
        services.consume(request.pk, digest or request.action_digest)
    assert refused.value.code == "approval-refused"
    return refused.value.reason


def test_an_approval_is_used_up(approved: ApprovalRequest) -> None:
    used = services.consume(approved.pk, approved.action_digest)
    assert (used.state, used.consumed_at is not None) == (State.CONSUMED, True)
    assert refusal(approved) == Unusable.CONSUMED
    assert AuditEvent.objects.filter(kind="ApprovalConsumed").count() == 1


def test_another_action_is_refused(approved: ApprovalRequest) -> None:
    assert refusal(approved, approved.digest_for({"order": "17", "amount": 82_000})) == Unusable.OTHER_ACTION


def test_an_expired_approval_is_refused(approved: ApprovalRequest) -> None:
    ApprovalRequest.objects.update(expires_at=now() - timedelta(seconds=1))
    assert refusal(approved) == Unusable.EXPIRED


def test_an_unknown_approval_is_refused(approved: ApprovalRequest) -> None:
    approved.pk = uuid.uuid4()
    assert refusal(approved) == Unusable.UNKNOWN


def test_what_is_not_approved_is_refused(cast: Cast, ask: Ask) -> None:
    request = ask()
    assert refusal(request) == Unusable.NOT_APPROVED
    services.decide(request, cast.reviewer, "reject", "no", 1)
    assert refusal(request) == Unusable.NOT_APPROVED


def test_the_digest_from_before_an_edit_is_refused(cast: Cast, ask: Ask) -> None:
    request = ask()
    edited = services.decide(request, cast.second, "edit", "x", 1, parameters={"order": "17", "amount": 1})
    services.decide(edited, cast.reviewer, "approve", "", 2)
    assert refusal(request) == Unusable.OTHER_ACTION
    assert services.consume(edited.pk, edited.action_digest).state == State.CONSUMED


def test_an_invalidated_approval_is_refused(approved: ApprovalRequest) -> None:
    services.invalidate(approved, "the agent was suspended")
    assert refusal(approved) == Unusable.NOT_APPROVED
    assert AuditEvent.objects.get(kind="ApprovalInvalidated").data["reason"] == "the agent was suspended"


def test_a_cancelled_approval_is_refused(cast: Cast, approved: ApprovalRequest) -> None:
    services.cancel_for(cast.organization, approved.stream)
    assert refusal(approved) == Unusable.NOT_APPROVED


@pytest.mark.django_db(transaction=True)
def test_of_many_racing_callers_one_wins(cast: Cast, ask: Ask) -> None:
    approved = services.decide(ask(), cast.reviewer, "approve", "", 1)
    ready = threading.Barrier(4)
    outcomes: list[str] = []

    def race() -> None:
        try:
            ready.wait()
            services.consume(approved.pk, approved.action_digest)
            outcomes.append("released")
        except ApprovalRefused as refused:
            outcomes.append(refused.reason)
        finally:
            connection.close()

    _together([race] * 4)
    assert sorted(outcomes) == ["already-consumed"] * 3 + ["released"]
    assert AuditEvent.objects.filter(kind="ApprovalConsumed").count() == 1
    assert verify().first_bad is None


@pytest.mark.django_db(transaction=True)
def test_of_two_racing_verdicts_one_counts(cast: Cast, ask: Ask) -> None:
    request = ask()
    ready = threading.Barrier(2)
    outcomes: list[str] = []

    def race(verdict: str) -> None:
        member = cast.reviewer if verdict == "approve" else cast.second
        try:
            ready.wait()
            outcomes.append(services.decide(request, member, verdict, "so", 1).state)
        except errors.AlreadyDecided as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    _together([lambda: race("approve"), lambda: race("reject")])
    assert "already-decided" in outcomes
    assert len(set(outcomes)) == 2


def _together(acts: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
