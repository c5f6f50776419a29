"""Sent back, the agent plans again; asked back, it answers in the thread."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM, Actor
from coordination.agents.services import suspend_agent
from coordination.approvals import services
from coordination.approvals.errors import NothingAsked, NotToAnswer, ReasonRequired
from coordination.approvals.models import ApprovalRequest, State
from coordination.audit.services import verify
from coordination.runs.services import ask_back, inquire
from coordination.runs.services.answering import expire_approval
from coordination.shared.clock import now
from tests import acting
from tests.integration.approvals.desk import Desk
from tests.integration.runs.conftest import make_world
from tests.working import work_off


@pytest.fixture
def desk(db: None, settings: Any) -> Desk:
    return Desk(make_world(settings))


def test_what_is_returned_is_planned_again_with_the_reason_and_asked_anew(desk: Desk) -> None:
    run = desk.asked()
    returned = desk.answer(run, desk.person("ann"), "return", reason="Far too much.")
    assert returned.state == State.RETURNED
    assert work_off(run).status == "waiting"
    anew = desk.question(run)
    assert (anew.pk != returned.pk, anew.parameters["amount"]) == (True, 50)
    assert "Far too much." in anew.parameters["text"]
    desk.answer(run, desk.person("ann"))
    assert work_off(run).status == "succeeded"
    assert [args["amount"] for _, args in acting.sent] == [50]
    assert verify(desk.world.organization).first_bad is None


def test_returning_needs_a_reason(desk: Desk) -> None:
    run = desk.asked()
    with pytest.raises(ReasonRequired):
        desk.answer(run, desk.person("ann"), "return", reason=" ")


def test_a_question_whose_time_is_over_can_go_back_to_be_planned_again(desk: Desk) -> None:
    run = desk.asked()
    ApprovalRequest.objects.update(expires_at=now() - timedelta(seconds=1), timeout_action="return")
    expire_approval(desk.question(run))
    assert work_off(run).status == "waiting"
    assert desk.question(run).parameters["amount"] == 50


def test_a_question_whose_time_is_over_can_let_the_run_go_on_without_the_step(desk: Desk) -> None:
    run = desk.asked()
    ApprovalRequest.objects.update(expires_at=now() - timedelta(seconds=1), timeout_action="fallback")
    expire_approval(desk.question(run))
    assert work_off(run).status == "succeeded"
    assert acting.sent == []


def test_the_agent_answers_in_the_thread_and_the_question_is_decided_again(desk: Desk) -> None:
    run = desk.asked()
    asked = ask_back(desk.person("ann"), desk.question(run).pk, "Why so much?", 1)
    assert asked.state == State.INFO_REQUESTED
    assert inquire(desk.world.organization, asked.pk)
    again = desk.question(run)
    assert (again.pk, again.state) == (asked.pk, State.PENDING)
    assert [message.author.partition("@")[0] for message in again.messages.all()] == [
        "user:ann", "system:coordination", "agent:planner",
    ]  # fmt: skip
    assert again.messages.last().text == "Because Why so much?"
    run.refresh_from_db()
    assert run.cost_microusd == 70
    assert not inquire(desk.world.organization, asked.pk)
    desk.answer(run, desk.person("ann"))
    assert work_off(run).status == "succeeded"
    assert acting.sent[0][1]["amount"] == 500


def test_a_stopped_agent_is_not_asked_and_a_person_answers(desk: Desk) -> None:
    run = desk.asked(actor=Actor.of(desk.person("boss", "manager")))
    ask_back(desk.person("ann"), desk.question(run).pk, "Why?", 1)
    suspend_agent(desk.world.organization, "planner", SYSTEM, "It misbehaves.")
    assert not inquire(desk.world.organization, desk.question(run).pk)
    assert desk.question(run).state == State.INFO_REQUESTED
    with pytest.raises(NotToAnswer):
        services.give_info(desk.question(run), desk.person("ann"), "I guess.")
    services.give_info(desk.question(run), desk.person("boss"), "The customer wrote twice.")
    assert desk.question(run).state == State.PENDING
    with pytest.raises(NothingAsked):
        services.give_info(desk.question(run), desk.person("boss"), "And again.")


def test_policies_decide_whether_the_agent_may_answer(desk: Desk) -> None:
    run = desk.asked()
    desk.world.policy("quiet", hooks=["agent.call"], when="agent.name == 'planner'", effect="deny")
    ask_back(desk.person("ann"), desk.question(run).pk, "Why?", 1)
    assert not inquire(desk.world.organization, desk.question(run).pk)
    assert "quiet speaks" in desk.question(run).messages.last().text
