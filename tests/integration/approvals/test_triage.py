"""Before the answer: claim, ask back, delegate, escalate."""

from datetime import timedelta

import pytest

from coordination.approvals import errors, selectors, services
from coordination.approvals.models import ApprovalRequest, State
from coordination.approvals.question import Stage
from coordination.audit.selectors import history
from coordination.shared.clock import now
from tests.integration.approvals.conftest import RUN, Ask, Cast


def test_a_claim_keeps_others_away_for_ten_minutes(cast: Cast, ask: Ask) -> None:
    request = services.claim(ask(), cast.reviewer)
    assert request.state == State.CLAIMED
    assert request.claimed_until
    assert timedelta(minutes=9) < request.claimed_until - now() <= timedelta(minutes=10)
    with pytest.raises(errors.ClaimedByOther, match="reviewer is working on this") as refused:
        services.claim(request, cast.second)
    assert (refused.value.code, refused.value.status) == ("claimed", 409)
    with pytest.raises(errors.ClaimedByOther):
        services.decide(request, cast.second, "approve", "", 1)
    assert services.decide(request, cast.reviewer, "approve", "", 1).claimed_by is None


def test_a_claim_can_be_renewed_by_its_holder(cast: Cast, ask: Ask) -> None:
    request = services.claim(ask(), cast.reviewer)
    assert services.claim(request, cast.reviewer).claimed_by == cast.reviewer.user


def test_a_claim_that_ran_out_is_free(cast: Cast, ask: Ask) -> None:
    request = services.claim(ask(), cast.reviewer)
    ApprovalRequest.objects.update(claimed_until=now())
    assert services.claim(request, cast.second).claimed_by == cast.second.user


def test_who_may_not_approve_may_not_claim(cast: Cast, ask: Ask) -> None:
    with pytest.raises(errors.NotAsked):
        services.claim(ask(), cast.manager)


def test_asking_back_needs_a_question_and_lets_the_claim_go(cast: Cast, ask: Ask) -> None:
    request = services.claim(ask(), cast.reviewer)
    with pytest.raises(errors.ReasonRequired):
        services.request_info(request, cast.reviewer, " ", 1)
    asked = services.request_info(request, cast.reviewer, "Which order?", 1)
    assert (asked.state, asked.claimed_by) == (State.INFO_REQUESTED, None)
    assert services.decide(asked, cast.second, "approve", "", 1).state == State.APPROVED


def test_a_delegate_may_decide_too(cast: Cast, ask: Ask) -> None:
    request = ask(stage=Stage(users=["reviewer"]))
    with pytest.raises(errors.NotAsked):
        services.decide(request, cast.second, "approve", "", 1)
    services.delegate(request, cast.reviewer, "second", "on holiday", 1)
    assert services.decide(request, cast.second, "approve", "", 1).state == State.APPROVED


@pytest.mark.parametrize(
    ("username", "problem"),
    [
        ("nobody", "no such member"),
        ("stranger", "no such member"),
        ("manager", "does not decide approvals"),
        ("second", "made this request"),
    ],
)
def test_not_everyone_can_be_a_delegate(cast: Cast, ask: Ask, username: str, problem: str) -> None:
    with pytest.raises(errors.DelegateUnfit, match=problem):
        services.delegate(ask(on_behalf_of="user:second"), cast.reviewer, username, "", 1)


def test_an_escalation_moves_the_request_to_the_lead(cast: Cast, ask: Ask) -> None:
    request = ask(stage=Stage(n_required=2))
    services.delegate(request, cast.reviewer, "second", "", 1)
    escalated = services.escalate(request, cast.reviewer, "too much for me", 1)
    assert (escalated.escalation_level, escalated.delegates) == (1, [])
    assert escalated.stage == Stage(role="reviewer", group="lead", n_required=2).as_json()
    with pytest.raises(errors.NotAsked):
        services.decide(request, cast.reviewer, "approve", "", 1)
    assert services.decide(request, cast.lead, "approve", "", 1).state == State.PENDING


def test_an_escalation_can_go_elsewhere(cast: Cast, ask: Ask) -> None:
    escalated = services.escalate(ask(), cast.reviewer, "yours", 1, to=Stage(users=["second"]))
    assert list(selectors.pending_for(cast.second)) == [escalated]
    assert list(selectors.pending_for(cast.reviewer)) == []


def test_an_escalation_to_nobody_is_refused(cast: Cast, ask: Ask) -> None:
    with pytest.raises(errors.NobodyToAsk):
        services.escalate(ask(), cast.reviewer, "", 1, to=Stage(group="board"))
    with pytest.raises(errors.NobodyToAsk):
        services.escalate(ask(on_behalf_of="user:lead"), cast.reviewer, "", 1)


def test_a_stale_revision_hands_nothing_on(cast: Cast, ask: Ask) -> None:
    request = ask()
    for act in (
        lambda: services.request_info(request, cast.reviewer, "?", 9),
        lambda: services.delegate(request, cast.reviewer, "second", "", 9),
        lambda: services.escalate(request, cast.reviewer, "", 9),
    ):
        with pytest.raises(errors.StaleRevision):
            act()


def test_each_act_is_on_record(cast: Cast, ask: Ask) -> None:
    request = services.claim(ask(), cast.reviewer)
    services.request_info(request, cast.reviewer, "Which order?", 1)
    services.delegate(request, cast.reviewer, "second", "holiday", 1)
    services.escalate(request, cast.second, "too much", 1)
    records = list(history(cast.organization, RUN))[1:]
    assert [(record.kind, record.actor, record.data.get("reason")) for record in records] == [
        ("ApprovalClaimed", "user:reviewer", None),
        ("ApprovalInfoRequested", "user:reviewer", "Which order?"),
        ("ApprovalDelegated", "user:reviewer", "holiday"),
        ("ApprovalEscalated", "user:second", "too much"),
    ]
    assert [decision.verdict for decision in request.decisions.all()] == ["request_info", "delegate", "escalate"]
