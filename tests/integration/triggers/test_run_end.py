"""Another run's end."""

from datetime import timedelta
from typing import Any

from django.db import connection

from coordination.accounts.actors import SYSTEM
from coordination.runs.models import Run
from coordination.runs.services import start_run
from coordination.triggers import selectors
from coordination.triggers.models import Firing, Trigger
from coordination.triggers.services import fire_by_hand, pause_trigger, resume_trigger, tick, ticking
from tests.factories import make_organization
from tests.integration.triggers.conftest import WORLD, World, apply, read


def ended(world: World, status: str = "succeeded", workflow: str = "report") -> Run:
    run = start_run(world.organization, workflow, {}, actor=SYSTEM)
    world.end(run, status)
    return run


def follow(world: World, **said: Any) -> Trigger:
    trigger = world.trigger("run-end", input={"after": "${event.run.id}", "how": "${event.run.status}"}, **said)
    world.later(seconds=2)
    return trigger


def followers(world: World) -> list[Run]:
    return [run for run in world.runs() if run.workflow_name == "follow"]


def test_each_run_that_ends_so_starts_one(world: World) -> None:
    follow(world)
    first, second = ended(world), ended(world)
    ended(world, "failed")
    ended(world, workflow="follow")
    start_run(world.organization, "report", {}, actor=SYSTEM)
    assert world.tick() == ["started", "started"]
    assert world.tick() == ["started", "started"]
    inputs = [run.input for run in followers(world) if run.input]
    assert inputs == [{"after": str(one.pk), "how": "succeeded"} for one in (first, second)]
    assert Firing.objects.order_by("id")[0].depth == 1


def test_several_ways_to_end_can_be_named(world: World) -> None:
    follow(world, spec={"workflow": "report", "statuses": ["failed", "cancelled"]})
    ended(world)
    ended(world, "failed")
    ended(world, "cancelled")
    assert world.tick() == ["started", "started"]


def test_what_ended_before_the_trigger_was_made_is_past(world: World) -> None:
    ended(world)
    follow(world)
    assert world.tick() == []


def test_what_ends_during_a_pause_is_past(world: World) -> None:
    follow(world)
    pause_trigger(world.organization, "nightly", SYSTEM)
    ended(world)
    assert world.tick() == []
    world.later(seconds=2)
    resume_trigger(world.organization, "nightly", SYSTEM)
    assert world.tick() == []


def test_a_run_that_is_committed_late_is_not_lost(world: World) -> None:
    follow(world)
    late = start_run(world.organization, "report", {}, actor=SYSTEM)
    world.later(minutes=1)
    ended(world)
    assert world.tick() == ["started"]
    Run.objects.filter(pk=late.pk).update(status="succeeded", finished_at=world.now - timedelta(seconds=50))
    assert world.tick() == ["started", "started"]
    assert world.tick() == ["started", "started"]


MANY = """
    INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object(
        'id', gen_random_uuid(), 'name', 'copy-' || n, 'finished_at', now() - n * interval '1 hour',
        'next_at', now() + n * interval '1 hour'
    ))).* FROM {table} AS one, generate_series(1, 2000) AS n WHERE one.id = (SELECT id FROM {table} LIMIT 1)
"""


def test_ends_are_looked_up_and_not_searched_for(world: World) -> None:
    follow(world)
    ended(world)
    asked = {"moment": world.now, "ended": [], "most": 1}
    with connection.cursor() as cursor:
        for table in ("runs_run", "triggers_trigger"):
            cursor.execute(MANY.format(table=table))
            cursor.execute(f"ANALYZE {table}")
        cursor.execute(f"EXPLAIN {selectors._DUE}", asked)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "using run_ended" in plan
    assert "using trigger_due" in plan


def test_the_cursor_moves_on_when_nothing_ends(world: World) -> None:
    trigger = follow(world)
    before = trigger.cursor
    ended(world, "failed")
    world.later(minutes=5)
    assert tick() == 0
    world.later(minutes=6)
    assert tick() == 1
    trigger.refresh_from_db()
    assert trigger.cursor is not None
    assert before is not None
    assert trigger.cursor == before + timedelta(minutes=6, seconds=2)
    assert tick() == 0


def test_more_ends_than_one_tick_takes_are_all_followed(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(ticking, "BATCH", 2)
    follow(world)
    for _ in range(5):
        ended(world)
    assert [len(world.tick()) for _ in range(4)] == [2, 4, 5, 5]


def test_another_organizations_run_starts_nothing(world: World) -> None:
    follow(world)
    globex = make_organization("globex")
    apply(globex, read(WORLD), SYSTEM)
    run = start_run(globex, "report", {}, actor=SYSTEM)
    world.end(run)
    assert world.tick() == []


def test_a_chain_of_triggers_ends_and_says_so(world: World) -> None:
    world.trigger("run-end", {"workflow": "follow"}, name="again")
    run = start_run(world.organization, "follow", {}, actor=SYSTEM)
    for _ in range(12):
        world.later(seconds=2)
        world.end(run)
        tick()
        run = followers(world)[-1]
    assert world.came() == ["started"] * 8 + ["refused"]
    assert list(Firing.objects.order_by("id").values_list("depth", flat=True)) == list(range(1, 10))
    assert "number 9 of triggers" in world.reasons()[-1]
    assert world.recorded("again")[-1] == ("TriggerRefused", "trigger:again")


def test_a_part_of_a_run_belongs_to_the_same_chain(world: World) -> None:
    world.trigger("run-end", {"workflow": "report"}, name="parts")
    world.trigger("run-end", {"workflow": "follow"}, name="again")
    run = start_run(world.organization, "follow", {}, actor=SYSTEM)
    for _ in range(6):
        world.later(seconds=2)
        world.end(run)
        tick()
        run = followers(world)[-1]
        part = start_run(world.organization, "report", {}, actor=SYSTEM)
        Run.objects.filter(pk=part.pk).update(parent=run)
        world.end(part)
        tick()
        run = followers(world)[-1]
    assert Firing.objects.latest("id").state == "refused"
    assert Firing.objects.filter(state="started").count() == 8


def test_a_scheduled_run_is_the_first_of_a_chain(world: World) -> None:
    world.trigger(name="first")
    follow(world)
    world.at("2026-06-02T09:00:00")
    tick()
    world.end(world.runs()[0])
    assert world.tick() == ["started", "started"]
    assert Firing.objects.get(trigger__name="nightly").depth == 2


def test_overlap_counts_for_ends_too(world: World) -> None:
    follow(world, overlap="skip")
    ended(world)
    ended(world)
    assert world.tick() == ["started", "skipped"]


def test_firing_by_hand_can_say_what_ended(world: World) -> None:
    follow(world)
    refused = fire_by_hand(world.organization, "nightly", SYSTEM)
    assert (refused.state, refused.run_id) == ("refused", None)
    run = {"id": "some", "status": "failed"}
    done = fire_by_hand(world.organization, "nightly", SYSTEM, {"run": run})
    assert done.run is not None
    assert done.run.input == {"after": "some", "how": "failed"}
