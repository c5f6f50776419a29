"""Policies before every act, approvals bound to the exact action, effects once."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM, Actor
from coordination.approvals.errors import NotAsked, OwnRequest, StaleRevision
from coordination.approvals.models import ApprovalRequest
from coordination.audit.models import AuditEvent
from coordination.policies.models import PolicyDecision
from coordination.runs.errors import ArgumentsInvalid
from coordination.runs.models import Run, Step, ToolCall
from coordination.runs.services import answer_approval, sweep
from coordination.shared.clock import now
from tests import acting
from tests.integration.runs.conftest import World
from tests.working import claim, expire_leases

SEND: dict[str, Any] = {
    "id": "send",
    "action": {"tool": "mail.send", "args": {"text": "${input.text}", "amount": "${input.amount}"}},
    "facts": {"mood": "${input.mood}"},
}
VALUE = {"text": "Dear all", "amount": 5, "mood": "calm"}
OVER = {"when": "action.amount > params.limit", "effect": "require_approval", "approval": {"role": "reviewer"}}
LIMIT = {"limit": {"type": "double", "value": 100.0, "title": "Limit"}}


@pytest.fixture
def desk(world: World) -> World:
    world.policy("calm", when="facts.mood == 'calm'", effect="allow")
    world.policy("limit", **OVER, params=LIMIT)
    world.workflow(SEND, output={"sent": "${steps.send.output.sent}"})
    return world


def question(run: Run) -> ApprovalRequest:
    return ApprovalRequest.objects.filter(subject__startswith=f"run:{run.pk}").latest("id")


def answer(world: World, run: Run, who: Any, verdict: str = "approve", **more: Any) -> ApprovalRequest:
    asked = question(run)
    more = {"reason": "seen", "revision": asked.revision, **more}
    return answer_approval(who, asked.pk, verdict, **more)


def test_an_allowed_action_is_released_once_and_recorded(desk: World) -> None:
    run = desk.run(VALUE)
    assert run.output == {"sent": True}
    assert len(acting.sent) == 1
    assert ToolCall.objects.get(run=run).status == "succeeded"
    assert AuditEvent.objects.filter(stream=f"run:{run.pk}", kind="ActionReleased").count() == 1


def test_a_denied_action_never_reaches_the_tool_and_says_why(desk: World) -> None:
    desk.policy("never", when="action.name == 'mail.send'", effect="deny")
    run = desk.run(VALUE)
    assert (run.status, run.error["code"]) == ("failed", "policy-denied")
    assert "never speaks" in run.error["message"]
    assert acting.sent == []


def test_an_error_while_deciding_is_a_denial(desk: World) -> None:
    desk.policy("broken", when="facts.missing > 5", effect="deny")
    run = desk.run(VALUE)
    assert run.error["code"] == "policy-denied"
    assert acting.sent == []


def test_an_unknown_tool_is_denied(world: World) -> None:
    world.policy("generous", when="true", effect="allow")
    world.workflow({"id": "x", "action": {"tool": "no.such"}})
    run = world.run()
    assert run.status == "failed"
    assert PolicyDecision.objects.get(run_id=run.pk).outcome == "deny"


def test_a_denied_agent_is_not_called(world: World) -> None:
    world.policy("hands-off", hooks=["agent.call"], when="agent.name == 'echo'", effect="deny")
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run = world.run()
    assert run.error["code"] == "policy-denied"
    assert Step.objects.get(run=run).attempt == 0


def test_a_risky_action_waits_for_a_person_and_goes_on_when_approved(desk: World) -> None:
    reviewer = desk.member("reviewer", "reviewer")
    run = desk.run({**VALUE, "amount": 500})
    assert run.status == "waiting"
    assert acting.sent == []
    answer(desk, run, reviewer)
    assert desk.work(run).status == "succeeded"
    assert [args for _, args in acting.sent] == [{"text": "Dear all", "amount": 500}]
    assert question(run).state == "consumed"


def test_a_rejected_action_fails_the_run_and_is_never_sent(desk: World) -> None:
    reviewer = desk.member("reviewer", "reviewer")
    run = desk.run({**VALUE, "amount": 500})
    answer(desk, run, reviewer, "reject")
    assert desk.work(run).status == "failed"
    assert acting.sent == []


def test_what_was_edited_and_approved_by_someone_else_is_exactly_what_is_sent(desk: World) -> None:
    desk.tool("mail.send", summary="Send ${args.amount}")
    editor, approver = desk.member("reviewer", "reviewer"), desk.member("lead", "reviewer")
    run = desk.run({**VALUE, "amount": 500})
    answer(desk, run, editor, "edit", parameters={"text": "Dear all", "amount": 250})
    assert question(run).title == "Send 250"
    answer(desk, run, approver)
    desk.work(run)
    assert acting.sent[0][1]["amount"] == 250


def test_an_edit_that_the_tool_cannot_take_is_refused(desk: World) -> None:
    desk.tool("mail.send", input={"type": "object", "properties": {"amount": {"type": "number"}}})
    editor = desk.member("reviewer", "reviewer")
    run = desk.run({**VALUE, "amount": 500})
    with pytest.raises(ArgumentsInvalid):
        answer(desk, run, editor, "edit", parameters={"amount": "lots"})


def test_an_approval_does_not_release_other_arguments(desk: World) -> None:
    reviewer = desk.member("reviewer", "reviewer")
    run = desk.run({**VALUE, "amount": 500})
    answer(desk, run, reviewer)
    Step.objects.filter(run=run).update(parameters={"text": "Dear all", "amount": 82_000})
    assert desk.work(run).status == "failed"
    assert acting.sent == []


def test_a_policy_that_was_tightened_after_the_approval_stops_the_action(desk: World) -> None:
    reviewer = desk.member("reviewer", "reviewer")
    run = desk.run({**VALUE, "amount": 500})
    answer(desk, run, reviewer)
    desk.policy("freeze", when="true", effect="deny")
    assert desk.work(run).error["code"] == "policy-denied"
    assert acting.sent == []


def test_a_policy_that_now_asks_others_asks_again(desk: World) -> None:
    reviewer, lead = desk.member("reviewer", "reviewer"), desk.member("lead", "reviewer", groups=("lead",))
    run = desk.run({**VALUE, "amount": 500})
    answer(desk, run, reviewer)
    desk.policy("limit", **{**OVER, "approval": {"role": "reviewer", "group": "lead"}}, params=LIMIT)
    assert desk.work(run).status == "waiting"
    with pytest.raises(NotAsked):
        answer(desk, run, reviewer)
    answer(desk, run, lead)
    assert desk.work(run).status == "succeeded"
    assert len(acting.sent) == 1


def test_who_started_a_run_does_not_approve_it(desk: World) -> None:
    both = desk.member("both", "manager", "reviewer")
    run = desk.run({**VALUE, "amount": 500}, actor=Actor.of(both))
    with pytest.raises(OwnRequest):
        answer(desk, run, both)


def test_a_decision_on_a_stale_revision_is_refused_and_nothing_moves(desk: World) -> None:
    reviewer = desk.member("reviewer", "reviewer")
    run = desk.run({**VALUE, "amount": 500})
    with pytest.raises(StaleRevision):
        answer(desk, run, reviewer, revision=99)
    assert desk.work(run).status == "waiting"


def test_silence_is_never_consent(desk: World) -> None:
    run = desk.run({**VALUE, "amount": 500})
    ApprovalRequest.objects.update(expires_at=now() - timedelta(seconds=1))
    sweep()
    run.refresh_from_db()
    assert (run.status, run.error["code"]) == ("failed", "expired")


def test_cancelling_a_run_withdraws_its_question(desk: World) -> None:
    from coordination.runs.services import cancel_run

    run = desk.run({**VALUE, "amount": 500})
    cancel_run(desk.organization, run.pk, SYSTEM)
    assert question(run).state == "cancelled"


def test_an_agent_may_propose_only_what_its_role_allows(desk: World) -> None:
    desk.agent("pushy", "propose", never=["mail.send"])
    desk.workflow({"id": "a", "agent": {"name": "pushy"}}, {**SEND, "needs": ["a"]})
    run = desk.run(VALUE)
    assert run.error["code"] == "beyond-authority"
    assert acting.sent == []


def test_the_stop_switch_releases_nothing(desk: World) -> None:
    run = desk.start(VALUE)
    desk.organization.halted_at = now()
    desk.organization.save()
    assert claim(run.pk, "send") is None
    assert acting.sent == []


def test_an_approval_step_waits_and_gives_its_answer(world: World) -> None:
    world.workflow(
        {"id": "ask", "approval": {"role": "reviewer", "title": "Ship ${input.what}?"}},
        output={"by": "${steps.ask.output.by}"},
    )
    run = world.run({"what": "it"})
    assert (run.status, question(run).title) == ("waiting", "Ship it?")
    answer(world, run, world.member("reviewer", "reviewer"))
    assert world.work(run).output == {"by": "reviewer"}


def test_a_dead_workers_step_goes_to_another(world: World) -> None:
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run = world.start()
    claim(run.pk, "a", "dead")
    expire_leases()
    sweep()
    assert world.work(run).status == "succeeded"
    assert Step.objects.get(run=run).attempt == 2


def test_an_action_whose_worker_died_is_not_repeated_by_itself(desk: World) -> None:
    run = desk.start(VALUE)
    assert claim(run.pk, "send", "dead") is not None
    expire_leases()
    sweep()
    run.refresh_from_db()
    assert (run.status, run.error["code"]) == ("failed", "outcome-unknown")
    assert ToolCall.objects.get(run=run).status == "unknown"


def test_a_message_that_was_lost_is_sent_again_by_the_sweep(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr("coordination.runs.services.sweeping.ring_now", rung.append)
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run = world.start()
    sweep()
    assert rung == ["io"]
    world.work(run)
    sweep()
    assert rung == ["io"]


def test_an_approval_step_may_ask_several_stages_in_turn(world: World) -> None:
    stages = [{"role": "reviewer"}, {"role": "manager"}, {"users": ["lead"], "parallel": True}]
    world.workflow({"id": "ask", "approval": {"title": "Ship?", "stages": stages}})
    run = world.run()
    answer(world, run, world.member("reviewer", "reviewer"))
    assert world.work(run).status == "waiting"
    answer(world, run, world.member("lead", "reviewer"))
    boss = world.member("boss", "manager", "reviewer")
    answer(world, run, boss)
    assert world.work(run).status == "succeeded"
