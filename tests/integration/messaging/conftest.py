"""A run in which several agents are at work, and their letters."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.agents.services import save_role
from coordination.runs.access import AccessGuard
from coordination.runs.corresponding import Correspondence
from coordination.runs.models import Run
from coordination.runs.work import AgentWork
from tests.integration.runs.conftest import World, make_world, manifest
from tests.working import claim

Letters = Callable[..., Correspondence]


@pytest.fixture
def world(transactional_db: None, settings: Any) -> World:
    """Return an organization with a buyer, two sellers and a clerk."""
    world = make_world(settings)
    save_role(world.organization, manifest("Role", "seller", {"capabilities": [], "authority": 1}), SYSTEM)
    world.agent("buyer")
    world.agent("clerk", capabilities=["count"])
    for name in ("ann", "bob"):
        world.agent(name, role="seller", capabilities=["sell"])
    return world


@pytest.fixture
def work(world: World) -> AgentWork:
    """Return a step at work in a run."""
    world.workflow({"id": "a", "agent": {"name": "buyer"}})
    return work_in(world.start())


def work_in(run: Run) -> AgentWork:
    held = claim(run.pk, "a")
    assert held is not None
    assert isinstance(held.work, AgentWork)
    return held.work


@pytest.fixture
def of(work: AgentWork) -> Letters:
    """Return how to get the letters of an agent at work in the run, each time as of a new attempt."""
    return lambda name, at=work: letters_of(at, name)


def letters_of(work: AgentWork, name: str) -> Correspondence:
    """Return the letters of an agent for a new attempt at a step of its own."""
    own = replace(work, task=replace(work.task, agent=name), step_key=f"step-{name}")
    return Correspondence(own, AccessGuard(own))
