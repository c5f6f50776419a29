"""What must never fail about approvals, each by its name."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.services import create_token
from coordination.agents.services import suspend_agent
from coordination.approvals import services
from coordination.approvals.errors import (
    AlreadyDecided,
    ApprovalRefused,
    DelegateUnfit,
    EditedByYou,
    OwnRequest,
    StaleRevision,
)
from coordination.approvals.models import ApprovalRequest, State
from coordination.approvals.selectors import get_request, may_decide
from coordination.runs.errors import EditDenied
from coordination.runs.models import Step, ToolCall
from coordination.runs.performing import perform
from coordination.runs.services import guard_action, sweep
from coordination.shared.clock import now
from tests import acting
from tests.integration.approvals.desk import OVER, Desk
from tests.integration.runs.conftest import make_world
from tests.working import claim, expire_leases, work_off


@pytest.fixture
def desk(db: None, settings: Any) -> Desk:
    return Desk(make_world(settings))


def test_digest_a_cannot_run_b(desk: Desk) -> None:
    run = desk.asked()
    approved = desk.answer(run, desk.person("ann"))
    Step.objects.filter(run=run, key="send").update(parameters={"text": "Dear all", "amount": 82_000})
    assert work_off(run).status == "failed"
    assert acting.sent == []
    with pytest.raises(ApprovalRefused):
        services.consume(approved.pk, approved.digest_for({"text": "Dear all", "amount": 82_000}))


def test_an_approval_after_its_time_is_refused(desk: Desk) -> None:
    run = desk.asked()
    ApprovalRequest.objects.update(expires_at=now() - timedelta(seconds=1))
    with pytest.raises(AlreadyDecided):
        desk.answer(run, desk.person("ann"))
    sweep()
    assert work_off(run).status == "failed"
    assert acting.sent == []


def test_an_approval_that_lapsed_before_its_release_is_refused(desk: Desk) -> None:
    run = desk.asked()
    desk.answer(run, desk.person("ann"))
    ApprovalRequest.objects.update(expires_at=now() - timedelta(seconds=1))
    assert work_off(run).status == "failed"
    assert acting.sent == []


def test_an_approval_before_a_policy_was_tightened_is_refused(desk: Desk) -> None:
    run = desk.asked()
    desk.answer(run, desk.person("ann"))
    desk.world.policy("freeze", when="true", effect="deny")
    assert work_off(run).error["code"] == "policy-denied"
    assert acting.sent == []


def test_an_approval_before_a_policy_asks_one_more_stage_is_asked_again(desk: Desk) -> None:
    run = desk.asked()
    desk.answer(run, desk.person("ann"))
    stages = [{"role": "reviewer"}, {"role": "admin"}]
    desk.world.policy(
        "limit", **{**OVER, "approval": {"stages": stages}}, params={"limit": {"type": "int", "value": 1}}
    )
    assert work_off(run).status == "waiting"
    assert acting.sent == []
    assert len(desk.question(run).chain) == 2


def test_an_approval_of_what_a_suspended_agent_proposed_is_refused(desk: Desk) -> None:
    run = desk.asked()
    desk.answer(run, desk.person("ann"))
    suspend_agent(desk.world.organization, "planner", SYSTEM, "It misbehaves.")
    assert work_off(run).error["code"] == "agent-suspended"
    assert acting.sent == []


def test_an_edit_voids_the_votes_before_it(db: None, settings: Any) -> None:
    desk = Desk(make_world(settings), approval={"role": "reviewer", "n_required": 2})
    run = desk.asked()
    desk.answer(run, desk.person("ann"))
    edited = desk.answer(run, desk.person("bob"), "edit", parameters={"text": "Dear all", "amount": 20})
    assert (edited.revision, edited.state, edited.voters) == (2, State.PENDING, set())
    desk.answer(run, desk.person("ann"))
    assert work_off(run).status == "waiting"
    desk.answer(run, desk.person("cid"))
    work_off(run)
    assert [args["amount"] for _, args in acting.sent] == [20]


def test_an_edit_that_policies_refuse_changes_nothing(desk: Desk) -> None:
    desk.world.policy("ceiling", when="action.amount > 900.0", effect="deny")
    run = desk.asked()
    with pytest.raises(EditDenied, match="ceiling speaks"):
        desk.answer(run, desk.person("ann"), "edit", parameters={"text": "Dear all", "amount": 1000})
    assert (desk.question(run).revision, desk.question(run).parameters["amount"]) == (1, 500)


def test_an_edit_asks_whom_policy_asks_about_the_edited_action(desk: Desk) -> None:
    desk.world.policy(
        "large", when="action.amount > 600.0", effect="require_approval", approval={"role": "reviewer", "n_required": 2}
    )
    run = desk.asked()
    edited = desk.answer(run, desk.person("ann"), "edit", parameters={"text": "Dear all", "amount": 700})
    assert (edited.needed, {reason["policy"] for reason in edited.reasons}) == (2, {"limit", "large"})


def test_the_requester_cannot_approve(desk: Desk) -> None:
    both = desk.person("both", "manager", "reviewer")
    run = desk.asked(actor=Actor.of(both))
    with pytest.raises(OwnRequest):
        desk.answer(run, both)


def test_the_editor_cannot_approve(desk: Desk) -> None:
    run = desk.asked()
    desk.answer(run, desk.person("ann"), "edit", parameters={"text": "Dear all", "amount": 20})
    with pytest.raises(EditedByYou):
        desk.answer(run, desk.person("ann"))


def test_nobody_can_hand_the_decision_to_the_requester_and_no_delegate_counts_twice(desk: Desk) -> None:
    both = desk.person("both", "manager", "reviewer")
    run = desk.asked(actor=Actor.of(both))
    with pytest.raises(DelegateUnfit):
        services.delegate(desk.question(run), desk.person("ann"), "both", "", 1)
    assert isinstance(may_decide(desk.question(run), both), OwnRequest)


def test_an_old_revision_is_not_decided(desk: Desk) -> None:
    run = desk.asked()
    desk.answer(run, desk.person("ann"), "edit", parameters={"text": "Dear all", "amount": 20})
    with pytest.raises(StaleRevision):
        desk.answer(run, desk.person("bob"), revision=1)


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("headers", [{}, {"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch", "X-Moz": "prefetch"}])
def test_get_head_and_prefetch_never_decide(desk: Desk, method: str, headers: dict[str, str]) -> None:
    run = desk.asked()
    asked = desk.question(run)
    browser = Client()
    browser.force_login(desk.person("ann").user)
    token = create_token(desk.person("ann"), "scanner")[1]
    verbs = ("approve", "reject", "edit", "return", "abstain", "claim", "delegate", "escalate", "break-glass", "answer")
    pages = [f"/approvals/{asked.pk}/", f"/approvals/{asked.pk}/answer/", f"/approvals/{asked.pk}/?verdict=approve"]
    for path in [*pages, *(f"/api/v1/approvals/{asked.pk}/{verb}/?revision=1&reason=x" for verb in verbs)]:
        getattr(browser, method)(path, headers=headers)
        getattr(Client(), method)(path, headers={**headers, "Authorization": f"Bearer {token}"})
    after = get_request(desk.world.organization, asked.pk)
    assert (after.state, after.claimed_by, list(after.decisions.all())) == (State.PENDING, None, [])


def test_a_declined_action_never_happens(desk: Desk) -> None:
    run = desk.asked()
    desk.answer(run, desk.person("ann"), "reject")
    assert work_off(run).status == "failed"
    sweep()
    work_off(run)
    assert acting.sent == []
    assert not ToolCall.objects.exists()


def test_a_declined_action_of_an_agent_elsewhere_stays_declined(desk: Desk) -> None:
    def ask() -> str:
        args = {"text": "x", "amount": 99}
        return guard_action(desk.world.organization, "planner", "mail.send", args, {}, SYSTEM).decision

    assert ask() == "pending"
    asked = ApprovalRequest.objects.get()
    services.decide(asked, desk.person("ann"), "reject", "No.", 1)
    assert [ask(), ask()] == ["deny", "deny"]


def test_settled_questions_never_reopen_not_even_in_the_database(desk: Desk) -> None:
    run = desk.asked()
    rejected = desk.answer(run, desk.person("ann"), "reject")
    with pytest.raises(IntegrityError, match="never"), transaction.atomic():
        ApprovalRequest.objects.filter(pk=rejected.pk).update(state=State.APPROVED)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Remote-User": "ann", "X-Forwarded-User": "ann"},
        {"Authorization": "Bearer co_guessed"},
        {"webhook-id": "msg_1", "webhook-timestamp": "1700000000", "webhook-signature": "v1,AAAA"},
        {"X-Slack-Signature": "v0=deadbeef", "X-Slack-Request-Timestamp": "1700000000"},
    ],
)
def test_an_unsigned_identity_from_a_webhook_is_rejected(desk: Desk, headers: dict[str, str]) -> None:
    run = desk.asked()
    desk.person("ann")
    asked = desk.question(run)
    body = {"revision": 1, "reason": "Yes.", "actor": "ann", "user": {"username": "ann"}}
    refused = Client().post(
        f"/api/v1/approvals/{asked.pk}/approve/", body, content_type="application/json", headers=headers
    )
    assert refused.status_code in (401, 403)
    page = Client().post(f"/approvals/{asked.pk}/answer/", {"verdict": "approve", "revision": 1}, headers=headers)
    assert page.status_code in (302, 403)
    assert desk.question(run).state == State.PENDING


def test_who_acts_is_never_taken_from_the_body(desk: Desk) -> None:
    run = desk.asked()
    asked = desk.question(run)
    token = create_token(desk.person("eve"), "hers")[1]
    body = {"revision": 1, "reason": "Yes.", "actor": "ann"}
    said = Client().post(
        f"/api/v1/approvals/{asked.pk}/approve/",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert said.status_code == 422
    assert desk.question(run).state == State.PENDING


def test_resuming_executes_each_effect_once(desk: Desk) -> None:
    run = desk.asked()
    desk.answer(run, desk.person("ann"))
    held = claim(run.pk, "send")
    assert held is not None
    outcome = perform(held.work)
    held.finish(outcome)
    held.finish(outcome)
    work_off(run)
    sweep()
    work_off(run)
    assert len(acting.sent) == 1
    assert ToolCall.objects.get(run=run).status == "succeeded"
    assert desk.question(run).state == State.CONSUMED


def test_a_worker_that_died_after_the_release_does_not_repeat_the_effect(desk: Desk) -> None:
    run = desk.asked()
    desk.answer(run, desk.person("ann"))
    assert claim(run.pk, "send", "dead") is not None
    expire_leases()
    sweep()
    assert work_off(run).error["code"] == "outcome-unknown"
    assert acting.sent == []
    assert ToolCall.objects.get(run=run).status == "unknown"


def test_an_exercise_never_releases_anything(desk: Desk) -> None:
    run = desk.asked()
    ApprovalRequest.objects.update(is_synthetic=True)
    desk.answer(run, desk.person("ann"))
    assert work_off(run).error["code"] == "synthetic"
    assert acting.sent == []
