"""A run whose question nobody answers: what silence brings, and what has nothing to do with it."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.approvals import services
from coordination.approvals.models import ApprovalRequest
from coordination.audit.models import AuditEvent
from coordination.runs.services import sweep
from coordination.shared.clock import now
from tests import acting
from tests.integration.approvals.desk import SEND, Desk
from tests.integration.runs.conftest import World, make_world
from tests.working import work_off


@pytest.fixture
def world(db: None, settings: Any) -> World:
    return make_world(settings)


def let_lapse(request: ApprovalRequest, **changes: Any) -> None:
    """Let nobody answer in time."""
    ApprovalRequest.objects.filter(pk=request.pk).update(expires_at=now() - timedelta(seconds=1), **changes)
    sweep()


def desk_of(world: World, **tool: Any) -> Desk:
    world.tool("mail.send", **({"reversibility": "reversible"} | tool))
    desk = Desk(world)
    services.set_part(world.organization, "unattended", True, SYSTEM)
    return desk


def test_what_silence_lets_pass_happens_once_and_says_that_no_human_agreed(world: World) -> None:
    desk = desk_of(world)
    run = desk.asked()
    let_lapse(desk.question(run), risk_band="low")
    run = work_off(run)
    assert run.status == "succeeded"
    assert len(acting.sent) == 1
    request = desk.question(run)
    assert (request.state, request.is_unattended, request.decisions.count()) == ("consumed", True, 0)
    assert AuditEvent.objects.get(kind="StepApproved").data["answer"]["by"] == "no human"


@pytest.mark.parametrize("band", ["medium", "high", "critical"])
def test_what_is_at_a_higher_risk_never_happens_by_silence(world: World, band: str) -> None:
    desk = desk_of(world)
    run = desk.asked()
    let_lapse(desk.question(run), risk_band=band)
    run = work_off(run)
    assert run.status == "failed"
    assert acting.sent == []


def test_what_cannot_be_undone_never_happens_by_silence(world: World) -> None:
    desk = desk_of(world, reversibility="irreversible")
    run = desk.asked()
    let_lapse(desk.question(run), risk_band="low")
    work_off(run)
    assert acting.sent == []


def test_policies_that_deny_by_then_deny_what_silence_let_pass(world: World) -> None:
    desk = desk_of(world)
    run = desk.asked()
    let_lapse(desk.question(run), risk_band="low")
    world.policy("never", when="true", effect="deny")
    assert work_off(run).status == "failed"
    assert acting.sent == []


def test_an_action_waits_for_people_longer_than_it_may_take(world: World) -> None:
    world.tool("mail.send")
    desk = Desk(world)
    world.workflow({"id": "plan", "agent": {"name": "planner"}}, SEND | {"timeout": "1ms"})
    run = desk.asked()
    for _ in range(3):
        sweep()
        run = work_off(run)
    assert run.status == "waiting"
