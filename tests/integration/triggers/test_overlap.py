"""What happens when the run before still goes on."""

from coordination.accounts.actors import SYSTEM
from coordination.triggers.models import Firing
from coordination.triggers.services import pause_trigger, resume_trigger
from tests.integration.triggers.conftest import World


def hourly(world: World, overlap: str, times: int) -> None:
    """Let a trigger be due so many times, without an end of any run."""
    world.trigger("interval", {"every": "1h"}, overlap=overlap, input={"day": "${event.due_at}"})
    for _ in range(times):
        world.later(hours=1)
        world.tick()


def test_allow_lets_them_run_beside_each_other(world: World) -> None:
    hourly(world, "allow", 3)
    assert world.came() == ["started"] * 3


def test_skip_leaves_out_what_would_overlap(world: World) -> None:
    hourly(world, "skip", 2)
    assert world.came() == ["started", "skipped"]
    assert world.reasons()[1] == "The run before it still went on."
    world.end(world.runs()[0], "failed")
    world.later(hours=1)
    assert world.tick() == ["started", "skipped", "started"]
    assert [kind for kind, _ in world.recorded()][1:] == ["TriggerFired", "TriggerSkipped", "TriggerFired"]


def test_queue_lets_one_wait_with_what_it_was_to_start_with(world: World) -> None:
    hourly(world, "queue", 3)
    assert world.came() == ["started", "queued", "skipped"]
    assert world.tick() == ["started", "queued", "skipped"]
    world.end(world.runs()[0])
    assert world.tick() == ["started", "started", "skipped"]
    second = world.runs()[1]
    assert second.input == {"day": "2026-06-01T14:00:00+00:00"}
    assert Firing.objects.get(run=second).input is None
    world.end(second)
    world.later(hours=1)
    assert world.tick()[-1] == "started"


def test_what_is_queued_waits_for_a_paused_trigger_too(world: World) -> None:
    hourly(world, "queue", 2)
    pause_trigger(world.organization, "nightly", SYSTEM)
    world.end(world.runs()[0])
    assert world.tick() == ["started", "queued"]
    resume_trigger(world.organization, "nightly", SYSTEM)
    assert world.tick() == ["started", "started"]


def test_a_queued_run_that_cannot_start_says_why(world: World) -> None:
    hourly(world, "queue", 2)
    Firing.objects.filter(state="queued").update(input={"day": 7})
    world.end(world.runs()[0])
    assert world.tick() == ["started", "refused"]


def test_cancel_previous_gives_way_to_the_newer_one(world: World) -> None:
    hourly(world, "cancel-previous", 3)
    assert world.came() == ["started"] * 3
    assert [run.status == "cancelled" for run in world.runs()] == [True, True, False]
    assert "takes its place" in world.runs()[0].stop_reason


def test_a_run_that_was_removed_does_not_hold_up_the_next(world: World) -> None:
    hourly(world, "skip", 1)
    Firing.objects.update(run=None)
    world.later(hours=1)
    assert world.tick() == ["started", "started"]


def test_a_stricter_policy_counts_the_runs_that_go_on_already(world: World) -> None:
    hourly(world, "allow", 2)
    world.trigger("interval", {"every": "1h"}, overlap="skip")
    world.end(world.runs()[1])
    world.later(hours=1)
    assert world.tick()[-1] == "skipped"
    world.end(world.runs()[0])
    world.later(hours=1)
    assert world.tick()[-1] == "started"
