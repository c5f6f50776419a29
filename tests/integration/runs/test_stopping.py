"""The brake: an agent, a workflow or everything is stopped, stands still, and goes on."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.agents.models import Autonomy
from coordination.agents.services import resume_agent, suspend_agent
from coordination.approvals.models import ApprovalRequest
from coordination.audit.models import AuditEvent
from coordination.runs.errors import AlreadyStopped, NotPossibleNow, NotStopped, OrganizationStopped
from coordination.runs.models import HeldRun, Run, Step, Stop
from coordination.runs.queue import EVERYONE, look_after
from coordination.runs.services import (
    answer_approval,
    pause_run,
    release_organization,
    release_workflow,
    resume_run,
    set_autonomy,
    stop_organization,
    stop_workflow,
    sweep,
)
from coordination.runs.services.advancing import Advancer, Finished
from coordination.runs.services.claiming import Hand
from coordination.runs.work import Abandoned
from coordination.workflows.errors import WorkflowStopped
from tests import acting
from tests.integration.runs.conftest import World
from tests.working import NAME, claim

ANN = Actor("user", "ann")
ASK = {"id": "a", "agent": {"name": "echo"}, "input": {"text": "hello"}}
WAIT = {"id": "w", "wait": {"signal": "go"}}
PROPOSE = {"id": "think", "agent": {"name": "proposer"}, "input": {}}
SEND = {"id": "send", "needs": ["think"], "action": {"tool": "mail.send", "args": {"text": "hi", "amount": 1}}}


def state(run: Run) -> str:
    run.refresh_from_db()
    return run.status


@pytest.fixture
def mail(world: World) -> World:
    """An agent that proposes to send mail, which policies allow."""
    world.agent("proposer", does="propose")
    world.policy("generous", when="true", effect="allow")
    world.workflow(PROPOSE, SEND)
    world.member("rita", "reviewer")
    return world


# --- an agent ------------------------------------------------------------------------------------------------


def test_a_worker_sees_at_its_next_look_that_the_agent_it_waits_for_was_suspended(world: World) -> None:
    world.workflow(ASK)
    held = claim(world.start().pk, "a")
    assert held is not None
    assert look_after(NAME, [held.item.pk]) == {held.item.pk: None}
    suspend_agent(world.organization, "echo", ANN, "It raves.")
    assert look_after(NAME, [held.item.pk]) == {held.item.pk: "echo"}
    resume_agent(world.organization, "echo", ANN)
    stop_organization(world.organization, ANN, "All of it.")
    assert look_after(NAME, [held.item.pk]) == {held.item.pk: EVERYONE}
    assert look_after("somebody else", [held.item.pk]) == {}


def test_what_a_suspended_agent_was_at_goes_to_another_and_costs_no_try(world: World) -> None:
    world.agent("deputy", does="echo", priority=10)
    world.workflow({"id": "a", "agent": {"capability": "work"}, "input": {"text": "hello"}})
    run = world.start()
    held = claim(run.pk, "a")
    assert held is not None
    suspend_agent(world.organization, "echo", ANN, "It raves.")
    given_up = Finished(held.item, held.work, Abandoned("echo was stopped while it was at work."))
    Advancer(Hand(NAME, "io")).advance([given_up], keep=False)
    assert world.work(run).status == "succeeded"
    step = Step.objects.get(run=run, key="a")
    assert (step.agent, step.tries) == ("deputy", 1)
    assert [(one["agent"], one["status"]) for one in step.attempts] == [("echo", "stopped"), ("deputy", "succeeded")]


def test_what_only_a_suspended_agent_can_do_fails_where_people_see_it(world: World) -> None:
    world.workflow(ASK)
    run = world.start()
    suspend_agent(world.organization, "echo", ANN, "It raves.")
    assert world.work(run).error["code"] == "no-agent"


def test_an_approved_act_of_an_agent_that_was_suspended_since_is_refused(mail: World) -> None:
    mail.policy("ask", when="true", effect="require_approval", approval={"role": "reviewer"})
    run = mail.run()
    asked = ApprovalRequest.objects.get(subject__startswith=f"run:{run.pk}")
    answer_approval(mail.member("rita", "reviewer"), asked.pk, "approve", reason="fine", revision=asked.revision)
    suspend_agent(mail.organization, "proposer", ANN, "It raves.")
    assert mail.work(run).error["code"] == "agent-suspended"
    assert acting.sent == []


# --- autonomy ------------------------------------------------------------------------------------------------


def test_an_agent_that_only_proposes_sends_nothing_from_the_next_decision_on(mail: World) -> None:
    assert mail.run().status == "succeeded"
    set_autonomy(mail.organization, "proposer", Autonomy.PROPOSES, ANN, "Too bold.")
    assert mail.run().error["code"] == "policy-denied"
    assert len(acting.sent) == 1


def test_an_agent_that_has_to_ask_asks_a_person_and_says_why(mail: World) -> None:
    set_autonomy(mail.organization, "proposer", Autonomy.ASKS, ANN, "New here.")
    run = mail.run()
    assert run.status == "waiting"
    asked = ApprovalRequest.objects.get(subject__startswith=f"run:{run.pk}")
    assert "For now a person agrees to each act of proposer." in str(asked.reasons)
    answer_approval(mail.member("rita", "reviewer"), asked.pk, "approve", reason="fine", revision=asked.revision)
    assert mail.work(run).status == "succeeded"


def test_autonomy_that_is_raised_again_leaves_it_to_policies(mail: World) -> None:
    set_autonomy(mail.organization, "proposer", Autonomy.ASKS_WHEN_RISKY, ANN, "Careful.")
    set_autonomy(mail.organization, "proposer", Autonomy.PROPOSES, ANN, "Too bold.")
    set_autonomy(mail.organization, "proposer", Autonomy.AS_POLICIES_SAY, ANN, "It learned.", despite=True)
    assert mail.run().status == "succeeded"
    said = AuditEvent.objects.filter(stream="agents", kind="AutonomySet").order_by("stream_no")
    assert [(one.data["says"]["from"], one.data["says"]["to"]) for one in said] == [(4, 2), (2, 0), (0, 4)]


def test_the_autonomy_of_one_agent_is_nothing_to_another(mail: World) -> None:
    set_autonomy(mail.organization, "echo", Autonomy.PROPOSES, ANN, "Too bold.")
    assert mail.run().status == "succeeded"


# --- a workflow ----------------------------------------------------------------------------------------------


def test_runs_of_a_stopped_workflow_stand_still_and_none_starts(world: World) -> None:
    world.workflow(WAIT, name="other")
    world.workflow(ASK, WAIT)
    run, finished = world.start(), world.start()
    Run.objects.filter(pk=finished.pk).update(status="succeeded")
    stop_workflow(world.organization, "flow", ANN, "Something is wrong.")
    assert state(run) == "paused"
    with pytest.raises(WorkflowStopped):
        world.start()
    told = AuditEvent.objects.get(stream=f"run:{run.pk}", kind="RunPaused")
    assert told.data["reason"] == "Something is wrong."
    with pytest.raises(AlreadyStopped):
        stop_workflow(world.organization, "flow", ANN, "Again.")


def test_what_a_stop_paused_goes_on_after_it_and_what_a_person_paused_does_not(world: World) -> None:
    world.workflow(WAIT)
    paused, going = world.run(), world.run()
    pause_run(world.organization, paused.pk, ANN)
    stop_workflow(world.organization, "flow", ANN, "Something is wrong.")
    release_workflow(world.organization, "flow", ANN, "It was nothing.")
    assert (state(paused), state(going)) == ("paused", "waiting")
    assert not HeldRun.objects.exists()
    assert world.start().status == "waiting"
    with pytest.raises(NotStopped):
        release_workflow(world.organization, "flow", ANN)


def test_runs_within_the_runs_of_a_stopped_workflow_stand_still_too(world: World) -> None:
    world.workflow(WAIT, name="inner")
    world.workflow({"id": "in", "workflow": {"name": "inner"}})
    run = world.run()
    inner = Run.objects.get(parent=run)
    stop_workflow(world.organization, "flow", ANN, "Something is wrong.")
    assert (state(run), state(inner)) == ("paused", "paused")
    release_workflow(world.organization, "flow", ANN)
    assert (state(run), state(inner)) == ("running", "waiting")


def test_a_stop_may_end_the_runs(world: World) -> None:
    world.workflow(WAIT)
    run = world.run()
    stop_workflow(world.organization, "flow", ANN, "Never again.", cancels=True)
    assert state(run) == "cancelled"
    assert run.error["message"] == "Never again."


def test_nobody_resumes_a_run_of_a_stopped_workflow_by_itself(world: World) -> None:
    world.workflow(WAIT)
    run = world.run()
    stop_workflow(world.organization, "flow", ANN, "Something is wrong.")
    with pytest.raises(NotPossibleNow, match="flow is stopped"):
        resume_run(world.organization, run.pk, ANN)


def test_the_sweep_goes_on_with_a_stop_that_was_interrupted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.workflow(WAIT)
    run = world.run()
    with monkeypatch.context() as patch:
        patch.setattr("coordination.runs.services.stopping.carry_out", lambda stop: 0)
        stop_workflow(world.organization, "flow", ANN, "Something is wrong.")
    assert state(run) == "waiting"
    sweep()
    assert state(run) == "paused"


def test_a_run_that_cannot_be_paused_does_not_keep_the_others_going(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coordination.runs.services import stopping

    world.workflow(WAIT)
    bad, good = world.run(), world.run()
    hold = stopping._hold

    def hold_or_break(stop: Stop, loaded: Any) -> bool:
        if loaded.run.pk == bad.pk:
            raise ZeroDivisionError
        return hold(stop, loaded)

    monkeypatch.setattr(stopping, "_hold", hold_or_break)
    stop_workflow(world.organization, "flow", ANN, "Something is wrong.")
    assert (state(bad), state(good)) == ("waiting", "paused")


def test_a_start_asks_nothing_more_of_the_database_for_the_brake(world: World) -> None:
    world.workflow(WAIT)
    world.start()
    with CaptureQueriesContext(connection) as asked:
        world.start()
    assert not [query for query in asked.captured_queries if "runs_stop" in query["sql"]]


# --- everything ----------------------------------------------------------------------------------------------


def test_nothing_of_a_stopped_organization_begins_and_all_of_it_goes_on(world: World) -> None:
    world.workflow(ASK)
    run = world.start()
    stop_organization(world.organization, ANN, "Fire drill.")
    with pytest.raises(OrganizationStopped):
        world.start()
    assert world.work(run).status == "running"
    assert Stop.objects.get(organization=world.organization, ended_at=None).reason == "Fire drill."
    release_organization(world.organization, ANN, "Over.")
    assert world.work(run).status == "succeeded"
    assert Organization.objects.get(pk=world.organization.pk).halted_at is None
    kinds = AuditEvent.objects.filter(stream="stops").order_by("stream_no").values_list("kind", flat=True)
    assert list(kinds) == ["OrganizationStopped", "OrganizationReleased"]


def test_what_an_agent_does_when_everything_stops_is_done_anew_afterwards(world: World) -> None:
    world.workflow(ASK)
    run = world.start()
    held = claim(run.pk, "a")
    assert held is not None
    stop_organization(world.organization, ANN, "Fire drill.")
    given_up = Finished(held.item, held.work, Abandoned("The organization was stopped while it was at work."))
    Advancer(Hand(NAME, "io")).advance([given_up])
    assert Step.objects.get(run=run).status == "ready"
    release_organization(world.organization, ANN)
    assert world.work(run).status == "succeeded"


def test_another_organization_goes_on(world: World, settings: Any) -> None:
    from tests.integration.runs.conftest import make_world

    other = make_world(settings, "globex")
    for one in (world, other):
        one.workflow(ASK)
    stop_organization(world.organization, ANN, "Fire drill.")
    assert other.run().status == "succeeded"


def test_an_approval_given_before_the_stop_releases_nothing_during_it(mail: World) -> None:
    mail.policy("ask", when="true", effect="require_approval", approval={"role": "reviewer"})
    run = mail.run()
    asked = ApprovalRequest.objects.get(subject__startswith=f"run:{run.pk}")
    answer_approval(mail.member("rita", "reviewer"), asked.pk, "approve", reason="fine", revision=asked.revision)
    stop_organization(mail.organization, ANN, "Fire drill.")
    mail.work(run)
    assert acting.sent == []
