"""The brake reaches workers that are in the middle of something."""

from pathlib import Path

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.agents.services import suspend_agent
from coordination.runs.models import Run, Step
from coordination.runs.services import release_organization, start_run, stop_organization
from tests.integration.processes.conftest import Start, beat, n_records, wait_until, worker
from tests.integration.runs.conftest import World

pytestmark = pytest.mark.django_db(transaction=True)
N_RUNS = 6


@pytest.fixture
def busy(world: World, start: Start, tmp_path: Path) -> World:
    """Two workers with calls under way that would go on for minutes."""
    world.agent("waiter", "wait", timeout="5m", capabilities=["wait"])
    world.workflow({"id": "a", "agent": {"capability": "wait"}, "input": {"until": str(tmp_path / "never")}})
    worker(start), worker(start), beat(start)
    for _ in range(N_RUNS):
        start_run(world.organization, "flow", {}, actor=SYSTEM)
    wait_until(lambda: n_records("StepClaimed") == N_RUNS)
    return world


def test_calls_of_an_agent_that_is_suspended_are_given_up_everywhere(busy: World) -> None:
    suspend_agent(busy.organization, "waiter", SYSTEM, "It raves.")
    wait_until(lambda: n_records("LeaseExpired") == N_RUNS, 10)
    wait_until(lambda: Run.objects.filter(status="failed").count() == N_RUNS, 10)
    assert {run.error["code"] for run in Run.objects.all()} == {"no-agent"}


def test_calls_of_an_organization_that_is_stopped_are_given_up_and_done_anew(busy: World, tmp_path: Path) -> None:
    stop_organization(busy.organization, SYSTEM, "Fire drill.")
    wait_until(lambda: n_records("LeaseExpired") == N_RUNS, 10)
    assert set(Step.objects.values_list("status", flat=True)) == {"ready"}
    (tmp_path / "never").touch()
    release_organization(busy.organization, SYSTEM)
    wait_until(lambda: Run.objects.filter(status="succeeded").count() == N_RUNS, 10)
