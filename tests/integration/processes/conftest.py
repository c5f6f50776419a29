"""Real Celery processes on the database of the test, and what must be true whatever happens to them."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from coordination.audit.models import AuditEvent
from coordination.audit.services import verify
from coordination.engine.flow.state import RUN_ENDED
from coordination.runs.models import Run
from tests.integration.runs.conftest import World, make_world

Process = subprocess.Popen[bytes]
Start = Callable[..., Process]


@pytest.fixture
def world(transactional_db: None, settings: Any) -> World:
    made = make_world(settings)
    made.agent("napper", "nap")
    made.policy("free", when="true", effect="allow")
    return made


@pytest.fixture
def start(process_environment: dict[str, str]) -> Iterator[Start]:
    """Start Celery processes that end with the test."""
    started: list[Process] = []
    environment = {**process_environment, "AGENT_MODULES": "tests.acting"}

    def celery(*arguments: str) -> Process:
        command = [sys.executable, "-m", "celery", "-A", "coordination", *arguments, "--loglevel=WARNING"]
        process = subprocess.Popen(command, env=environment, start_new_session=True)
        started.append(process)
        return process

    yield celery
    for process in started:
        if process.poll() is None:
            kill(process)
        process.wait()


def worker(start: Start, threads: int = 4) -> Process:
    return start("worker", "-P", "threads", "-c", str(threads), "-Q", "io", "--without-gossip", "--without-mingle")


def beat(start: Start) -> Process:
    return start("beat", "-s", "/dev/null")


def kill(process: Process) -> None:
    """End a process and its children, without a chance to say goodbye."""
    os.killpg(process.pid, signal.SIGKILL)


def wait_until(true: Callable[[], bool], within_s: float = 60.0) -> None:
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def n_ended() -> int:
    return Run.objects.filter(status__in=RUN_ENDED).count()


def all_ended() -> bool:
    return not Run.objects.exclude(status__in=RUN_ENDED).exists()


def n_records(kind: str) -> int:
    return AuditEvent.objects.filter(kind=kind).count()


def times(kind: str) -> Counter[str]:
    """Return how often something is on record for each step."""
    return Counter(AuditEvent.objects.filter(kind=kind).values_list("object", flat=True))


def worker_of(event: AuditEvent) -> int:
    """Return the process number of the worker that a record names."""
    return int(event.data["worker"].split("/")[1])


def wait_until_at_work(*workers: Process) -> None:
    """Return once each of these workers has begun something: one that is still starting is no loss."""
    wanted = {one.pid for one in workers}
    wait_until(lambda: wanted <= set(map(worker_of, AuditEvent.objects.filter(kind="StepClaimed"))))


def nothing_was_lost_or_repeated() -> None:
    """Check what every disaster has to leave as it was."""
    assert all_ended()
    for kind in ("StepSucceeded", "ActionReleased"):
        assert set(times(kind).values()) <= {1}, kind
    assert verify().first_bad is None
