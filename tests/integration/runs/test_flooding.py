"""An agent that asks people too much is paused, once, and the admins are told."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership, Organization
from coordination.agents.selectors import agent_named
from coordination.agents.services import resume_agent
from coordination.approvals.models import ApprovalRequest, Flood
from coordination.approvals.question import Question
from coordination.approvals.services import ask, set_part
from coordination.audit.models import AuditEvent
from coordination.runs.services import stem_floods
from coordination.shared.clock import now
from tests.factories import make_member, make_organization
from tests.integration.runs.conftest import World


@pytest.fixture
def admin(world: World) -> Membership:
    return make_member(world.organization, "admin", ["admin"])


def ask_often(organization: Organization, n: int, *, agent: str = "alpha", first: int = 0, **more: Any) -> None:
    for number in range(first, first + n):
        question = Question(subject=f"run:1/step:{agent}{number}", title="May I?", operation="x", agent=agent, **more)
        ask(organization, question, Actor.agent(agent, 1))


def status(world: World, agent: str = "alpha") -> str:
    return agent_named(world.organization, agent).status


def test_ten_questions_in_ten_minutes_are_not_too_many(world: World) -> None:
    world.agent("alpha")
    ask_often(world.organization, 10)
    assert stem_floods(now()) == 0
    assert status(world) == "active"


def test_the_eleventh_pauses_the_agent_and_tells_the_admins(world: World, admin: Membership) -> None:
    world.agent("alpha")
    world.agent("beta")
    ask_often(world.organization, 11)
    ask_often(world.organization, 3, agent="beta")
    assert stem_floods(now()) == 1
    assert (status(world), status(world, "beta")) == ("suspended", "active")
    event = AuditEvent.objects.get(kind="AgentFlooded")
    said = {name: event.data[name] for name in ("agent", "asked", "most", "paused", "to")}
    assert said == {"agent": "alpha", "asked": 11, "most": 10, "paused": True, "to": [admin.user.username]}
    assert AuditEvent.objects.get(kind="AgentSuspended").actor == "system:coordination"
    # Another sweep, of this machine or another, finds nothing more.
    assert stem_floods(now()) == 0
    assert Flood.objects.count() == 1


def test_once_resumed_it_may_ask_as_often_again(world: World) -> None:
    world.agent("alpha")
    ask_often(world.organization, 11)
    stem_floods(now())
    resume_agent(world.organization, "alpha", Actor("user", "admin"))
    ask_often(world.organization, 10, first=20)
    assert stem_floods(now()) == 0
    ask_often(world.organization, 1, first=40)
    assert stem_floods(now()) == 1
    assert status(world) == "suspended"


def test_what_was_asked_earlier_does_not_count(world: World) -> None:
    world.agent("alpha")
    ask_often(world.organization, 11)
    ApprovalRequest.objects.update(created_at=now() - timedelta(minutes=11))
    assert stem_floods(now()) == 0


def test_exercises_do_not_count(world: World) -> None:
    world.agent("alpha")
    ask_often(world.organization, 11, is_synthetic=True)
    assert stem_floods(now()) == 0


def test_an_organization_sets_how_much_is_too_much(world: World, admin: Membership) -> None:
    world.agent("alpha")
    set_part(world.organization, "flood", {"requests": 2, "within": "1h", "pauses": False}, Actor.of(admin))
    ask_often(world.organization, 3)
    ApprovalRequest.objects.update(created_at=now() - timedelta(minutes=50))
    other = make_organization("globex")
    ask_often(other, 3)
    assert stem_floods(now()) == 1
    assert status(world) == "active"
    assert AuditEvent.objects.get(kind="AgentFlooded").data["paused"] is False


def test_an_agent_from_elsewhere_or_already_paused_is_still_on_record(world: World) -> None:
    ask_often(world.organization, 11, agent="remote")
    assert stem_floods(now()) == 1
    assert AuditEvent.objects.get(kind="AgentFlooded").data["paused"] is False
