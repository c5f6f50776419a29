"""An agent's limits hold whoever asks; what waits goes by priority, and by turns between organizations."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.runs.models import Run, WorkItem
from coordination.runs.queue import reserve
from coordination.runs.services import cancel_run, start_run, sweep
from coordination.runs.services.advancing import Advancer
from coordination.runs.services.claiming import Hand
from coordination.shared.clock import now
from tests.integration.runs.conftest import World, make_world
from tests.working import Held, claim, expire_leases


def begun(worker: str, most: int = 10) -> list[Held]:
    """Let a worker begin what it can."""
    found = Advancer(Hand(worker, "io")).advance(reserve(worker, "io", most))
    return [Held(item, work, worker) for item, work in found]


def waiting() -> int:
    return WorkItem.objects.filter(blocked=True).count()


@pytest.fixture
def busy(world: World) -> World:
    """A world whose agent takes two calls at a time."""
    world.agent("echo", max_concurrency=2)
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    return world


def test_no_more_calls_than_an_agent_takes_are_made_by_all_workers_together(busy: World) -> None:
    for _ in range(5):
        busy.start()
    assert [len(begun(worker)) for worker in ("one", "two", "three")] == [2, 0, 0]
    assert waiting() == 3


def test_a_call_that_ends_lets_the_most_urgent_one_begin(busy: World) -> None:
    first, _ = (busy.start() for _ in range(2))
    held = begun("one")
    late, urgent = busy.start(), busy.start(priority=90)
    assert begun("two") == []
    next(one for one in held if one.work.run_id == first.pk).finish()
    assert [one.work.run_id for one in begun("two")] == [urgent.pk]
    assert waiting() == 1
    assert late.pk != urgent.pk


def test_all_of_a_long_queue_comes_through(busy: World) -> None:
    runs = [busy.start() for _ in range(7)]
    while held := begun("one"):
        for one in held:
            one.finish()
    assert {Run.objects.get(pk=run.pk).status for run in runs} == {"succeeded"}
    assert not WorkItem.objects.exists()


def test_a_chain_keeps_its_place_with_a_limited_agent(world: World) -> None:
    world.agent("echo", max_concurrency=1)
    world.workflow({"id": "a", "agent": {"name": "echo"}}, {"id": "b", "needs": ["a"], "agent": {"name": "echo"}})
    run = world.start()
    held = claim(run.pk, "a")
    assert held is not None
    following = held.finish(keep=True)
    assert following is not None
    assert following.work.step_key == "b"


def test_another_able_agent_takes_what_the_first_has_no_room_for(world: World) -> None:
    world.agent("echo", max_concurrency=1, priority=90)
    world.agent("spare", priority=10)
    world.workflow({"id": "a", "agent": {"capability": "work"}})
    world.start(), world.start()
    names = [one.work.task.agent for one in begun("one")]  # type: ignore[union-attr]  # both are calls of agents
    assert sorted(names) == ["echo", "spare"]


def test_the_place_of_a_dead_worker_is_free_again(busy: World) -> None:
    for _ in range(3):
        busy.start()
    assert len(begun("dead")) == 2
    expire_leases()
    sweep()
    assert len(begun("alive")) == 2


def test_the_place_of_a_cancelled_call_is_free_at_the_next_sweep(busy: World) -> None:
    runs = [busy.start() for _ in range(3)]
    begun("one")
    waits = WorkItem.objects.get(blocked=True).run_id
    cancel_run(busy.organization, next(run.pk for run in runs if run.pk != waits), SYSTEM)
    sweep()
    assert [one.work.run_id for one in begun("two")] == [waits]


def test_a_rate_lets_a_burst_through_and_then_one_after_the_other(world: World) -> None:
    world.agent("echo", rate={"calls": 3, "per": "1h"})
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    for _ in range(5):
        world.start()
    assert len(begun("one")) == 3
    left = WorkItem.objects.filter(worker="")
    assert [item.blocked for item in left] == [False, False]
    assert all(
        timedelta(minutes=19) < item.due_at - world.organization.created_at < timedelta(minutes=21) for item in left
    )


def test_a_run_of_high_priority_overtakes_a_long_queue(world: World) -> None:
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    for _ in range(20):
        world.start()
    urgent = world.start(priority=100)
    assert [item.run_id for item in reserve("one", "io", 1)] == [urgent.pk]


def test_one_organizations_thousand_items_do_not_starve_anothers_single_run(world: World, settings: Any) -> None:
    world.workflow({"id": "each", "map": {"over": list(range(1000)), "concurrency": 1000, "agent": {"name": "echo"}}})
    world.start()
    other = make_world(settings, "other")
    other.workflow({"id": "a", "agent": {"name": "echo"}})
    single = start_run(other.organization, "flow", {}, actor=SYSTEM)
    assert single.pk in {item.run_id for item in reserve("one", "io", 2)}


def many(world: World, n: int = 1000, name: str = "flow") -> None:
    each = {"over": list(range(n)), "concurrency": n, "agent": {"name": "echo"}}
    world.workflow({"id": "each", "map": each}, name=name)


def taken(places: int, *, at_once: int = 1) -> list[UUID]:
    """Return the runs that get the next places, which come free one after the other, or so many at once."""
    found = [item for _ in range(places // at_once) for item in reserve("one", "io", at_once)]
    return [item.run_id for item in found]


@pytest.mark.parametrize("at_once", [1, 2])
def test_places_that_come_free_one_by_one_go_to_another_organization_too(
    world: World, settings: Any, at_once: int
) -> None:
    many(world)
    world.start()
    other = make_world(settings, "other")
    other.workflow({"id": "a", "agent": {"name": "echo"}})
    single = start_run(other.organization, "flow", {}, actor=SYSTEM)
    assert single.pk in taken(40, at_once=at_once)


@pytest.mark.parametrize("at_once", [1, 5])
def test_one_runs_thousand_items_do_not_starve_another_run_of_the_same_organization(world: World, at_once: int) -> None:
    many(world)
    long = world.start()
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    short = [world.start() for _ in range(3)]
    runs = taken(10, at_once=at_once)
    assert {run.pk for run in short} <= set(runs)
    assert runs.count(long.pk) == 7


def test_two_long_runs_take_turns_wherever_the_first_one_is(world: World) -> None:
    many(world, 200)
    first = world.start()
    assert set(taken(100)) == {first.pk}
    second = world.start()
    runs = taken(40)
    assert 15 <= runs.count(second.pk) <= 25


def test_a_long_run_does_not_wait_for_ever_for_shorter_ones_that_keep_coming(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(world, 50)
    monkeypatch.setattr("coordination.runs.queue.now", lambda: now() - timedelta(seconds=20))
    long = world.start()
    monkeypatch.undo()
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    for _ in range(20):
        world.start()
    assert 19 <= taken(30).count(long.pk) <= 22


def test_a_more_urgent_run_still_overtakes_all_of_them(world: World) -> None:
    many(world)
    world.start()
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    world.start()
    urgent = world.start(priority=90)
    assert taken(1) == [urgent.pk]


def test_all_items_of_a_long_run_come_through(world: World) -> None:
    many(world, 60)
    run = world.start()
    while held := begun("one", 25):
        for one in held:
            one.finish()
    run.refresh_from_db()
    assert (run.status, WorkItem.objects.count()) == ("succeeded", 0)
