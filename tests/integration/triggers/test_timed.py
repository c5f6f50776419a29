"""Cron and interval: due times, clock changes, what was missed."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import SYSTEM
from coordination.runs.models import Run
from coordination.triggers.models import Firing, Trigger
from coordination.triggers.services import firing, pause_trigger, resume_trigger, starting, tick
from tests.integration.triggers.conftest import World


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_nothing_starts_before_its_time_and_one_run_at_it(world: World) -> None:
    trigger = world.trigger(spec={"cron": "0 9 * * *", "time_zone": "Europe/Berlin"}, priority=70)
    assert trigger.next_at == at("2026-06-02T07:00:00")
    world.at("2026-06-02T06:59:59")
    assert world.tick() == []
    world.at("2026-06-02T07:00:01")
    assert world.tick() == ["started"]
    assert world.tick() == ["started"]
    (run,) = world.runs()
    assert (run.workflow_name, run.priority, run.started_by_name, run.started_by_id) == ("report", 70, "nightly", None)
    trigger.refresh_from_db()
    assert (trigger.next_at, trigger.last_at) == (at("2026-06-03T07:00:00"), world.now)
    assert world.recorded() == [("TriggerSaved", str(SYSTEM)), ("TriggerFired", "trigger:nightly")]


def test_the_run_can_know_what_it_was_started_for(world: World) -> None:
    world.trigger(spec={"cron": "30 2 * * *", "time_zone": "Europe/Berlin"}, input={"day": "${event.due_at}"})
    world.at("2026-06-02T00:30:00")
    world.tick()
    assert world.runs()[0].input == {"day": "2026-06-02T02:30:00+02:00"}


@pytest.mark.parametrize(
    ("made", "hours", "local"),
    [
        ("2026-03-28T00:00:00", 60, ["28 02:30 CET", "29 03:00 CEST", "30 02:30 CEST"]),
        ("2026-10-24T00:00:00", 60, ["24 02:30 CEST", "25 02:30 CEST", "26 02:30 CET"]),
    ],
    ids=["an hour is skipped", "an hour comes twice"],
)
def test_a_clock_change_neither_loses_nor_doubles_a_run(world: World, made: str, hours: int, local: list[str]) -> None:
    world.at(made)
    world.trigger(spec={"cron": "30 2 * * *", "time_zone": "Europe/Berlin"}, overlap="allow")
    for _ in range(hours * 4):
        world.later(minutes=15)
        tick()
    found = Firing.objects.order_by("id").values_list("due_at", flat=True)
    assert [f"{due.astimezone(ZoneInfo('Europe/Berlin')):%d %H:%M %Z}" for due in found] == local


def test_an_interval_keeps_its_step_however_late_the_clock_ticks(world: World) -> None:
    world.trigger("interval", {"every": "15m"}, overlap="allow")
    world.at("2026-06-01T12:15:40")
    tick()
    world.at("2026-06-01T12:30:01")
    tick()
    assert world.due() == ["01 12:15", "01 12:30"]


def test_an_interval_begins_when_it_says(world: World) -> None:
    trigger = world.trigger("interval", {"every": "2h", "start": "2026-06-01T15:00:00+02:00"})
    assert trigger.next_at == at("2026-06-01T13:00:00")


@pytest.mark.parametrize(
    ("catch_up", "late", "on_time"),
    [
        ("skip", [], ["01 15:00"]),
        ("last", ["01 15:00"], ["01 15:00"]),
        ("all", ["01 13:00", "01 14:00", "01 15:00"], ["01 13:00", "01 14:00", "01 15:00"]),
    ],
)
def test_times_that_nobody_saw_are_made_up_for_as_the_policy_says(
    world: World, catch_up: str, late: list[str], on_time: list[str]
) -> None:
    for name, moment, expected in (("one", "2026-06-01T15:20:00", late), ("two", "2026-06-01T15:00:30", on_time)):
        Firing.objects.all().delete()
        world.at("2026-06-01T12:30:00")
        trigger = world.trigger(spec={"cron": "0 * * * *"}, name=name, catch_up=catch_up, overlap="allow")
        world.at(moment)
        tick()
        assert world.due() == expected
        trigger.refresh_from_db()
        assert trigger.next_at == at("2026-06-01T16:00:00")
        pause_trigger(world.organization, name, SYSTEM)
        missed = Firing.objects.filter(state="skipped").values_list("reason", flat=True)
        assert len(missed) == (0 if catch_up == "all" else 1)
        assert all("from 2026-06-01 13:00 UTC to" in reason for reason in missed)


def test_all_that_was_missed_has_a_bound_and_takes_several_ticks(world: World, monkeypatch: Any) -> None:
    started: list[str] = []
    monkeypatch.setattr(firing, "start", lambda trigger, one, *_: started.append(one.key) or "Not in this test.")
    world.trigger("interval", {"every": "10s"}, catch_up="all", overlap="allow")
    world.later(days=30)
    for _ in range(4):
        tick()
    assert len(started) == len(set(started)) == 100
    assert started[-1] == "2026-07-01T12:00:00+00:00"
    assert Firing.objects.filter(state="skipped").count() == 1


def test_what_goes_by_during_a_pause_is_not_made_up_for(world: World) -> None:
    world.trigger("interval", {"every": "1h"}, catch_up="all")
    pause_trigger(world.organization, "nightly", SYSTEM, "holiday")
    world.later(hours=5)
    assert world.tick() == []
    resume_trigger(world.organization, "nightly", SYSTEM)
    assert world.tick() == []
    world.later(hours=1)
    assert world.tick() == ["started"]
    assert [kind for kind, _ in world.recorded()] == [
        "TriggerSaved", "TriggerPaused", "TriggerResumed", "TriggerFired",
    ]  # fmt: skip


def test_a_trigger_that_cannot_start_says_why_and_goes_on(world: World) -> None:
    world.trigger(input={"n": "${event.nothing}"})
    for _ in range(2):
        world.later(days=1)
        world.tick()
    assert world.came() == ["refused", "refused"]
    assert 'there is no "nothing"' in world.reasons()[0]
    assert world.recorded()[-1] == ("TriggerRefused", "trigger:nightly")


def test_a_trigger_whose_run_does_not_fit_the_workflow_says_why(world: World) -> None:
    world.trigger(input={"n": "${event.trigger}"})
    world.later(days=1)
    assert world.tick() == ["refused"]
    assert "does not fit the workflow report" in world.reasons()[0]
    assert world.runs() == []


def test_a_start_that_breaks_is_written_down_and_not_tried_for_ever(world: World, monkeypatch: Any) -> None:
    def broken(*_: Any, **__: Any) -> Run:
        raise ZeroDivisionError

    world.trigger()
    world.trigger(name="other", spec={"cron": "1 9 * * *"})
    monkeypatch.setattr(starting, "start_run", broken)
    world.at("2026-06-02T09:01:00")
    assert world.tick() == ["refused", "refused"]
    assert world.tick() == ["refused", "refused"]


def test_a_tick_that_dies_in_the_middle_repeats_nothing_and_loses_nothing(world: World, monkeypatch: Any) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Killed

    world.trigger()
    world.at("2026-06-02T09:00:01")
    with monkeypatch.context() as once:
        once.setattr(firing, "record", die)
        with pytest.raises(Killed):
            tick()
    assert (world.runs(), world.came()) == ([], [])
    assert world.tick() == ["started"]
    assert len(world.runs()) == 1


def test_an_idle_tick_is_one_statement(world: World) -> None:
    for number in range(20):
        world.trigger(name=f"cron-{number}")
        world.trigger("run-end", name=f"end-{number}")
    world.trigger("webhook", name="hook")
    with CaptureQueriesContext(connection) as captured:
        assert tick() == 0
    assert len(captured) == 1


def test_a_changed_timetable_counts_from_now_on(world: World) -> None:
    world.trigger(spec={"cron": "0 9 * * *"})
    world.at("2026-06-02T08:00:00")
    world.trigger(spec={"cron": "0 7 * * *"})
    assert Trigger.objects.get().next_at == at("2026-06-03T07:00:00")
    world.trigger(spec={"cron": "0 7 * * *"}, title="Nightly")
    assert Trigger.objects.get().next_at == at("2026-06-03T07:00:00")
