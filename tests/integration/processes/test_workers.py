"""Real Celery workers, killed for real."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings

from coordination.accounts.actors import SYSTEM
from coordination.audit.models import AuditEvent
from coordination.audit.services import verify
from coordination.runs.models import Run, ToolCall
from coordination.runs.services import start_run
from tests.integration.runs.conftest import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)
RUNS = 50
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def world(transactional_db: None, settings: Any) -> World:
    return make_world(settings)


@pytest.fixture
def start(process_environment: dict[str, str]) -> Iterator[Start]:
    """Start Celery processes that end with the test."""
    started: list[subprocess.Popen[bytes]] = []
    environment = {**process_environment, "AGENT_MODULES": "tests.acting"}

    def celery(*arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "celery", "-A", "coordination", *arguments, "--loglevel=WARNING"]
        process = subprocess.Popen(command, env=environment, start_new_session=True)
        started.append(process)
        return process

    yield celery
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def worker(start: Start) -> "subprocess.Popen[bytes]":
    return start("worker", "-P", "threads", "-c", "4", "-Q", "io", "--without-gossip", "--without-mingle")


def beat(start: Start) -> None:
    start("beat", "-s", "/dev/null")


def wait_until(true: Callable[[], bool], within_s: float = 90.0) -> None:
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)


def ended() -> int:
    return Run.objects.filter(status__in=["succeeded", "failed", "cancelled"]).count()


def flow(world: World) -> None:
    world.agent("napper", "nap")
    world.policy("free", when="true", effect="allow")
    world.workflow(
        {"id": "a", "agent": {"name": "napper"}},
        {"id": "b", "needs": ["a"], "agent": {"name": "napper"}},
        {"id": "send", "needs": ["b"], "action": {"tool": "mail.send", "args": {"text": "hi"}}},
    )


def test_killing_a_worker_in_the_middle_of_50_runs_loses_and_repeats_nothing(world: World, start: Start) -> None:
    flow(world)
    victim, _ = worker(start), worker(start)
    beat(start)
    for _ in range(RUNS):
        start_run(world.organization, "flow", {}, actor=SYSTEM)
    wait_until(lambda: ended() >= 5)
    os.killpg(victim.pid, signal.SIGKILL)
    wait_until(lambda: ended() == RUNS)
    # An action whose worker died while it was under way is the one thing that is left to a person.
    unknown = ToolCall.objects.filter(status="unknown").count()
    assert Run.objects.filter(status="succeeded").count() == RUNS - unknown
    done = Counter(AuditEvent.objects.filter(kind="StepSucceeded").values_list("object", flat=True))
    assert set(done.values()) == {1}
    released = Counter(AuditEvent.objects.filter(kind="ActionReleased").values_list("object", flat=True))
    assert set(released.values()) == {1}
    assert verify().first_bad is None


def test_flushing_redis_delays_runs_and_loses_none(world: World, start: Start) -> None:
    flow(world)
    worker(start)
    beat(start)
    for _ in range(10):
        start_run(world.organization, "flow", {}, actor=SYSTEM)
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
    wait_until(lambda: ended() == 10)
    assert Run.objects.filter(status="succeeded").count() == 10


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
    start_run(world.organization, "flow", {}, actor=SYSTEM)
    wait_until(lambda: ended() == 1)
    assert Run.objects.get().status == "succeeded"
    assert process.poll() is None
