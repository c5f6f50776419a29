"""Beat and Redis only say when to look: without them runs are late, never lost."""

import pytest
import redis
from django.conf import settings as django_settings

from coordination.accounts.actors import SYSTEM
from coordination.runs.models import Run
from coordination.runs.services import start_run
from tests.integration.processes.conftest import (
    Start,
    all_ended,
    beat,
    kill,
    n_ended,
    nothing_was_lost_or_repeated,
    wait_until,
    worker,
)
from tests.integration.runs.conftest import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_flushing_redis_delays_runs_and_loses_none(world: World, start: Start) -> None:
    world.workflow({"id": "a", "agent": {"name": "napper"}}, {"id": "b", "needs": ["a"], "agent": {"name": "napper"}})
    worker(start)
    beat(start)
    for _ in range(30):
        start_run(world.organization, "flow", {}, actor=SYSTEM)
    wait_until(lambda: n_ended() >= 3)
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
    wait_until(all_ended)
    assert Run.objects.filter(status="succeeded").count() == 30
    nothing_was_lost_or_repeated()


def test_a_pause_that_ends_while_beat_is_dead_ends_when_beat_is_back(world: World, start: Start) -> None:
    world.workflow({"id": "pause", "wait": {"for": "3s"}}, {"id": "a", "needs": ["pause"], "agent": {"name": "napper"}})
    worker(start)
    clock = beat(start)
    for _ in range(5):
        start_run(world.organization, "flow", {}, actor=SYSTEM)
    kill(clock)
    clock.wait()
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
    beat(start)
    wait_until(all_ended, 30)
    assert Run.objects.filter(status="succeeded").count() == 5
    nothing_was_lost_or_repeated()
