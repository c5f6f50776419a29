"""The inbox: lively at the start, patient when people are behind, quiet when it is told to stop."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from coordination.accounts.models import Organization
from coordination.demo.feeding import BURST, MAX_OPEN, feed, inquiries, next_inquiry
from coordination.demo.seed import seed
from coordination.engine.flow.definition import input_errors
from coordination.runs.models import Run
from coordination.workflows.selectors import live_version


class Clock:
    """Sleep without sleeping, so many times."""

    def __init__(self, times: int) -> None:
        self.slept_s: list[float] = []
        self._times = times

    def sleep(self, pause_s: float) -> bool:
        self.slept_s.append(pause_s)
        return len(self.slept_s) == self._times


def fed(acme: Organization, times: int) -> list[float]:
    clock = Clock(times)
    feed(acme, 6.0, clock.sleep)
    return clock.slept_s


def test_every_inquiry_fits_the_workflow(acme: Organization) -> None:
    schema = live_version(acme, "customer-support").spec["input"]
    assert not [error for inquiry in inquiries() for error in input_errors(schema, inquiry.input)]
    assert len(inquiries()) >= 40
    assert sum(inquiry.routine for inquiry in inquiries()) >= len(inquiries()) // 3


def test_a_burst_then_a_jittered_rhythm(acme: Organization) -> None:
    pauses = fed(acme, BURST + 3)
    assert all(pause < 1 for pause in pauses[: BURST - 1])
    assert all(3 <= pause <= 9 for pause in pauses[BURST - 1 :])
    assert len(set(pauses[BURST - 1 :])) > 1
    assert {run.started_by_name for run in Run.objects.all()} == {"inbox"}
    assert Run.objects.filter(started_by=None).count() == BURST + 3


def test_it_goes_on_where_it_stopped(acme: Organization) -> None:
    fed(acme, 2)
    fed(acme, 1)
    sent = Run.objects.order_by("created_at").values_list("input", flat=True)
    assert list(sent) == [inquiry.input for inquiry in inquiries()[:3]]


def test_it_never_opens_more_than_people_and_workers_can_follow(acme: Organization) -> None:
    fed(acme, MAX_OPEN + BURST + 5)
    assert Run.objects.count() == MAX_OPEN + BURST


def test_while_people_are_behind_only_routine_comes() -> None:
    assert next_inquiry(1, 0) != next_inquiry(1, MAX_OPEN)
    behind = [next_inquiry(sent, MAX_OPEN) for sent in range(100)]
    assert all(inquiry is not None and inquiry.routine for inquiry in behind)
    assert next_inquiry(1, MAX_OPEN + BURST) is None


def test_without_the_demo_it_says_what_to_do(db: None) -> None:
    with pytest.raises(CommandError, match="up --demo"):
        call_command("feed_demo")


def test_a_duration_that_is_none(db: None) -> None:
    with pytest.raises(CommandError, match="not a duration"):
        call_command("feed_demo", "--every", "soon")


def test_it_ends_quietly_when_it_is_told_to(transactional_db: None, process_environment: dict[str, str]) -> None:
    seed()
    with subprocess.Popen(
        [sys.executable, "manage.py", "feed_demo", "--every", "1s"],
        env=process_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            _wait_for(lambda: Run.objects.count() >= 2)
            os.kill(process.pid, signal.SIGTERM)
            output, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, output) == (0, b"")


def _wait_for(condition: Any, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.1)
