"""An agent that was placed on the ladder falls at once when its record or an event says so, and nobody else does."""

from typing import Any

import pytest

from coordination.accounts.actors import Actor
from coordination.agents.errors import NotEarned
from coordination.agents.models import Agent, Autonomy
from coordination.approvals.models import ApprovalRequest
from coordination.audit.models import AuditEvent
from coordination.insights.services import demote_agents
from coordination.risk.models import AgentRecord, Kind, Outcome
from coordination.risk.services.stamping import renew_stamp
from coordination.runs.services import set_autonomy
from coordination.shared.clock import now
from tests.integration.runs.conftest import World, make_world

ANN = Actor("user", "ann")
PROPOSE = {"id": "think", "agent": {"name": "proposer"}, "input": {}}
SEND = {"id": "send", "needs": ["think"], "action": {"tool": "mail.send", "args": {"text": "${input.text}"}}}


@pytest.fixture
def world(db: None, settings: Any) -> World:
    return make_world(settings)


@pytest.fixture
def placed(world: World) -> World:
    """An agent with a record that supports every level, placed at the highest but one."""
    world.agent("proposer", does="propose")
    world.policy("generous", when="true", effect="allow")
    known(world, successes=200.0, failures=0.0)
    set_autonomy(world.organization, "proposer", Autonomy.SAMPLED, ANN, "It did well.")
    return world


def known(world: World, *, successes: float, failures: float, version: int = 1) -> None:
    AgentRecord.objects.update_or_create(
        organization=world.organization, agent="proposer", version=version, capability="*",
        defaults={"successes": successes, "failures": failures, "n": round(successes + failures), "as_of": now()},
    )  # fmt: skip
    renew_stamp(world.organization.pk)


def happened(world: World, *, wrong: bool, kind: str = Kind.ANSWER, **more: Any) -> None:
    Outcome.objects.create(
        organization=world.organization, kind=kind, source=str(Outcome.objects.count()), who="proposer", version=1,
        found_wrong=wrong, is_wrong=wrong, happened_at=now(), **more,
    )  # fmt: skip


def level() -> int:
    return Agent.objects.get(name="proposer").autonomy


def reason() -> str:
    return Agent.objects.get(name="proposer").autonomy_reason


def test_who_has_earned_its_level_keeps_it(placed: World) -> None:
    assert demote_agents() == 0
    assert level() == Autonomy.SAMPLED


def test_nobody_falls_whom_nobody_placed(world: World) -> None:
    known(world, successes=0.0, failures=100.0)
    assert demote_agents() == 0


def test_a_severe_incident_costs_one_level_once_and_the_record_says_why(placed: World) -> None:
    happened(placed, wrong=True, kind=Kind.ACT, score=80, why="failed")
    assert (demote_agents(), demote_agents()) == (1, 0)
    assert level() == Autonomy.ASKS_WHEN_RISKY
    said = AuditEvent.objects.filter(kind="AutonomySet").order_by("-stream_no")[0]
    assert (said.actor, said.data["says"]["from"], said.data["says"]["to"]) == ("system:coordination", 3, 2)
    assert "severe incident" in said.data["says"]["reason"]


def test_what_people_stopped_or_what_was_no_great_risk_is_no_severe_incident(placed: World) -> None:
    happened(placed, wrong=True, kind=Kind.ACT, score=80, why="rejected")
    happened(placed, wrong=True, kind=Kind.ACT, score=20, why="failed")
    assert demote_agents() == 0


def test_a_new_version_starts_one_level_lower(placed: World) -> None:
    placed.agent("proposer", does="propose", priority=60)
    assert demote_agents() == 1
    assert (level(), "Version 2 is new" in reason()) == (2, True)
    assert demote_agents() == 0


def test_a_record_that_got_worse_is_followed_down(placed: World) -> None:
    known(placed, successes=80.0, failures=20.0)
    assert [demote_agents() for _ in range(4)] == [1, 1, 0, 0]
    assert (level(), "this level takes 90%" in reason()) == (Autonomy.ASKS, True)


def test_drift_is_found_before_the_record_shows_it(placed: World) -> None:
    for wrong in [False] * 120 + [True] * 40:
        happened(placed, wrong=wrong)
    assert demote_agents() == 1
    assert "less often than before" in reason()


def test_a_level_that_is_not_earned_takes_a_person_who_says_so(world: World) -> None:
    world.agent("proposer", does="propose")
    set_autonomy(world.organization, "proposer", Autonomy.ASKS, ANN, "New here.")
    with pytest.raises(NotEarned, match="It takes 50 outcomes, and there are 0"):
        set_autonomy(world.organization, "proposer", Autonomy.ASKS_WHEN_RISKY, ANN, "It seems fine.")
    set_autonomy(world.organization, "proposer", Autonomy.ASKS_WHEN_RISKY, ANN, "It seems fine.", despite=True)
    said = AuditEvent.objects.filter(kind="AutonomySet").order_by("-stream_no")[0].data["says"]
    assert said["despite"][0].startswith("It takes 50 outcomes")
    assert demote_agents() == 0


def test_of_a_sampled_agents_acts_about_one_in_ten_is_asked_about_and_a_repeat_draws_the_same(placed: World) -> None:
    placed.workflow(PROPOSE, SEND)
    statuses = [placed.run({"text": f"letter {at}"}).status for at in range(60)]
    assert 1 <= statuses.count("waiting") <= 16
    assert set(statuses) == {"waiting", "succeeded"}
    asked = ApprovalRequest.objects.filter(state="pending").first()
    assert asked is not None
    assert "10% of the acts of proposer are looked at" in str(asked.reasons)
