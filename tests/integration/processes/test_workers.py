"""Workers that are killed, asked to end, or given agents that never return."""

import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.audit.models import AuditEvent
from coordination.runs.models import Run, Step, ToolCall
from coordination.runs.services import cancel_run, start_run
from tests.integration.processes.conftest import (
    Start,
    all_ended,
    beat,
    kill,
    n_ended,
    n_records,
    nothing_was_lost_or_repeated,
    wait_until,
    wait_until_at_work,
    worker,
    worker_of,
)
from tests.integration.runs.conftest import World

pytestmark = pytest.mark.django_db(transaction=True)
N_RUNS, N_ITEMS, N_ACTIONS = 50, 200, 60
# The promise is 10 s: a lease of 6 s, a sweep every 2 s, and the way to another worker. What comes on top here is for a
# machine that does other things at the same time.
ELSEWHERE_WITHIN_S = 10.0 + 5.0


def begin(world: World, count: int = 1, workflow: str = "flow", **value: object) -> list[Run]:
    return [start_run(world.organization, workflow, value, actor=SYSTEM) for _ in range(count)]


def much_to_do(world: World) -> None:
    """Have runs of agents and actions, a long map of agents, and one of actions that take a moment."""
    world.tool("pay.refund", "send_slowly")
    world.workflow(
        {"id": "a", "agent": {"name": "napper"}},
        {"id": "b", "needs": ["a"], "agent": {"name": "napper"}},
        {"id": "send", "needs": ["b"], "action": {"tool": "mail.send", "args": {"text": "hi"}}},
    )
    items = {"over": list(range(N_ITEMS)), "concurrency": 50, "agent": {"name": "napper"}}
    world.workflow({"id": "each", "map": items}, name="items", output={"n": "${size(steps.each.output)}"})
    action = {"tool": "pay.refund", "args": {"n": "${item}"}}
    actions = {"over": list(range(N_ACTIONS)), "max_failures": N_ACTIONS, "action": action}
    world.workflow({"id": "each", "map": actions}, name="actions")


def test_a_worker_that_is_killed_in_the_middle_of_much_work_costs_nothing_but_time(world: World, start: Start) -> None:
    much_to_do(world)
    [mapped], _, runs = begin(world, 1, "items"), begin(world, 1, "actions"), begin(world, N_RUNS)
    victim, other, _ = worker(start, 8), worker(start, 8), beat(start)
    wait_until_at_work(victim, other)
    wait_until(lambda: n_ended() >= 5)
    kill(victim)
    wait_until(all_ended)
    nothing_was_lost_or_repeated()
    mapped.refresh_from_db()
    assert (mapped.status, mapped.output) == ("succeeded", {"n": N_ITEMS})
    # An action whose worker died while it was under way is the one thing that is left to a person.
    unknown = ToolCall.objects.filter(status="unknown").count()
    assert ToolCall.objects.filter(status="succeeded").count() == N_ACTIONS + len(runs) - unknown
    assert n_records("ActionReleased") == N_ACTIONS + len(runs)
    assert n_records("StepSucceeded") == N_ITEMS + N_ACTIONS + 3 * len(runs) - unknown
    failed = Run.objects.filter(workflow_name="flow").exclude(status="succeeded")
    assert all(run.error["code"] == "outcome-unknown" for run in failed)


def test_work_of_a_dead_worker_goes_on_elsewhere_within_ten_seconds(world: World, start: Start, tmp_path: Path) -> None:
    world.agent("waiter", "wait")
    world.workflow({"id": "a", "agent": {"name": "waiter"}, "input": {"until": "${input.until}"}})
    victim, _ = worker(start), beat(start)
    begin(world, 3, until=str(tmp_path / "go"))
    wait_until(lambda: n_records("StepClaimed") == 3)
    survivor = worker(start)
    killed_at = datetime.now(UTC)
    kill(victim)
    wait_until(lambda: n_records("StepClaimed") == 6, ELSEWHERE_WITHIN_S + 15)
    again = AuditEvent.objects.filter(kind="StepClaimed", occurred_at__gt=killed_at)
    assert set(map(worker_of, again)) == {survivor.pid}
    assert max((event.occurred_at - killed_at).total_seconds() for event in again) < ELSEWHERE_WITHIN_S
    (tmp_path / "go").touch()
    wait_until(all_ended)
    nothing_was_lost_or_repeated()


def test_a_worker_that_is_asked_to_end_finishes_what_it_does_and_begins_nothing(
    world: World, start: Start, tmp_path: Path
) -> None:
    world.agent("waiter", "wait")
    world.workflow(
        {"id": "a", "agent": {"name": "waiter"}, "input": {"until": "${input.until}"}},
        {"id": "b", "needs": ["a"], "agent": {"name": "napper"}},
    )
    leaving = worker(start)
    begin(world, 4, until=str(tmp_path / "go"))
    wait_until(lambda: n_records("StepClaimed") == 4)
    leaving.send_signal(signal.SIGTERM)
    time.sleep(1)
    staying = worker(start)
    begin(world, 2, until=str(tmp_path / "go"))
    wait_until(lambda: n_records("StepClaimed") == 6)
    (tmp_path / "go").touch()
    finished_at = datetime.now(UTC)
    wait_until(all_ended)
    assert leaving.wait(20) == 0
    claims = {event.object: worker_of(event) for event in AuditEvent.objects.filter(kind="StepClaimed")}
    assert sorted(claims.values()) == sorted([leaving.pid] * 4 + [staying.pid] * 8)
    assert all(pid == staying.pid for step, pid in claims.items() if step.endswith("/step:b"))
    # At once, not when a sweep finds it: there is no beat here.
    assert (Run.objects.latest("finished_at").finished_at - finished_at).total_seconds() < 5
    assert Run.objects.filter(status="succeeded").count() == 6
    assert n_records("LeaseExpired") == 0
    nothing_was_lost_or_repeated()


def test_cancelling_tells_an_agent_that_is_at_work(world: World, start: Start, tmp_path: Path) -> None:
    world.agent("heedful", "heed", timeout="5m")
    told = {"began": str(tmp_path / "began"), "stopped": str(tmp_path / "stopped")}
    world.workflow({"id": "a", "agent": {"name": "heedful"}})
    worker(start)
    [run] = begin(world, **told)
    wait_until((tmp_path / "began").exists)
    cancel_run(world.organization, run.pk, SYSTEM, "Enough.")
    wait_until((tmp_path / "stopped").exists, 8)
    run.refresh_from_db()
    assert (run.status, Step.objects.get(run=run).output) == ("cancelled", None)
    assert n_records("StepSucceeded") == 0


def test_a_worker_outlives_agents_that_crash_hang_and_return_garbage(world: World, start: Start) -> None:
    for name in ("crash", "garbage", "hang"):
        world.agent(name, name)
    world.workflow(
        {"id": "a", "agent": {"name": "crash"}, "on_error": "continue"},
        {"id": "b", "needs": ["a"], "agent": {"name": "garbage"}, "on_error": "continue"},
        {"id": "c", "needs": ["b"], "agent": {"name": "hang"}, "timeout": "300ms", "on_error": "continue"},
        {"id": "d", "needs": ["c"], "agent": {"name": "echo"}},
    )
    process = worker(start)
    begin(world)
    wait_until(all_ended)
    assert Run.objects.get().status == "succeeded"
    assert process.poll() is None


@pytest.fixture
def few_may_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_HANGING_CALLS", "2")


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_worker_in_which_too_much_hangs_drains_and_ends_to_be_started_afresh(
    few_may_hang: None, world: World, start: Start, tmp_path: Path, pool: str
) -> None:
    world.agent("hang", "hang", timeout="300ms")
    world.agent("waiter", "wait")
    world.workflow({"id": "a", "agent": {"name": "hang"}}, name="hanging")
    world.workflow({"id": "a", "agent": {"name": "waiter"}, "input": {"until": "${input.until}"}})
    worn = start("worker", "-P", pool, "-c", "4" if pool == "threads" else "1", "-Q", "io", "--without-gossip")
    begin(world, 3, "hanging")
    wait_until(lambda: n_records("AttemptFailed") == 3)
    if pool == "threads":
        begin(world, until=str(tmp_path / "go"))
        wait_until(lambda: n_records("StepClaimed") == 4)
        time.sleep(8)
        (tmp_path / "go").touch()
    assert worn.wait(30) == 0
    begin(world, until=str(tmp_path / "go"))
    (tmp_path / "go").touch()
    worker(start)
    wait_until(all_ended)
    assert Run.objects.filter(workflow_name="flow").exclude(status="succeeded").count() == 0
    assert n_records("LeaseExpired") == 0
    nothing_was_lost_or_repeated()
