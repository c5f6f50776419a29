"""Several clocks tick at once, and one dies in the middle: everything happens once."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coordination.runs.models import Run
from coordination.triggers.hooks import Delivery
from coordination.triggers.models import Firing, Trigger
from coordination.triggers.services import receive, tick
from tests.integration.triggers.conftest import World, make_world
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)

DIE = """
import os, signal
import django
django.setup()
from coordination.triggers.services import firing, tick
firing.record = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
tick()
"""


@pytest.fixture
def world(transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    return make_world(settings, monkeypatch)


def test_ticks_at_once_fire_each_time_once(world: World) -> None:
    for number in range(6):
        world.trigger("interval", {"every": "1m"}, name=f"t{number}", catch_up="all", overlap="allow")
    world.later(minutes=3)
    at_once(tick, tick, tick, tick)
    tick()
    assert Firing.objects.count() == Run.objects.count() == 18
    assert set(world.came()) == {"started"}


def test_one_delivery_sent_twice_at_once_starts_one_run(world: World) -> None:
    hook = world.trigger("webhook")
    came = at_once(*[lambda: receive(hook, Delivery("one", "", ""), None)] * 3)
    assert sorted(is_again for _, is_again in came) == [False, True, True]
    assert len({firing.run_id for firing, _ in came}) == Run.objects.count() == 1


def test_a_clock_that_is_killed_leaves_its_work_to_the_next(world: World, process_environment: dict[str, str]) -> None:
    start = datetime.now(UTC) - timedelta(seconds=30)
    world.trigger("interval", {"every": "1h", "start": start.isoformat()})
    Trigger.objects.update(next_at=start)
    died = subprocess.run([sys.executable, "-c", DIE], env=process_environment, check=False, capture_output=True)
    assert died.returncode == -9, died.stderr
    assert (Run.objects.count(), Firing.objects.count()) == (0, 0)
    world.now = datetime.now(UTC)
    assert world.tick() == ["started"]
    assert world.tick() == ["started"]
