"""Minutes of load and disasters, then peace until everything has ended, then a look at what is there."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from coordination.engine.flow.state import RUN_ENDED
from coordination.runs.models import Run
from tests.integration.runs.conftest import make_world
from tests.soak.disasters import strike
from tests.soak.invariants import broken
from tests.soak.people import People
from tests.up import Up

# Seconds between two disasters, and how long everything may take to end once there is peace.
PAUSES_S = (2.0, 9.0)
PEACE_S = 240.0
_ROUND_S = 0.3


def soak(home: Path, minutes: float, seed: int) -> bool:
    """Tell whether nothing was broken in the end."""
    up = Up(home, "--workers", "2", AGENT_MODULES="tests.acting")
    up.wait_for_line("Ready:")
    try:
        chance = Random(seed)
        people = People(make_world(settings), chance)
        people.set_up()
        _war(home, people, chance, time.monotonic() + minutes * 60)
        _peace(people)
        return _report()
    finally:
        up.stop()


def _war(home: Path, people: People, chance: Random, until: float) -> None:
    next_strike = time.monotonic() + PAUSES_S[0]
    while time.monotonic() < until:
        for act in (people.start, people.answer, people.meddle):
            _as_far_as_possible(act)
        if time.monotonic() > next_strike:
            _say(f"ended: {strike(home, chance)}")
            next_strike = time.monotonic() + chance.uniform(*PAUSES_S)
        time.sleep(_ROUND_S)


def _peace(people: People) -> None:
    _say("no more disasters; everything has to end")
    until = time.monotonic() + PEACE_S
    while time.monotonic() < until:
        for act in (people.let_all_go_on, people.answer):
            _as_far_as_possible(act)
        if not Run.objects.exclude(status__in=RUN_ENDED).exists():
            time.sleep(3)  # What is left to take note of, such as a child that was cancelled.
            return
        time.sleep(_ROUND_S)


def _report() -> bool:
    found = list(broken())
    counted = Counter(Run.objects.values_list("status", flat=True))
    told = ", ".join(f"{n} {status}" for status, n in sorted(counted.items()))
    _say(f"{sum(counted.values())} runs: {told}; {'nothing is broken' if not found else 'broken:'}")
    for sentence in found:
        _say(f"  {sentence}")
    return not found


def _as_far_as_possible(act: Callable[[], None]) -> None:
    """Do something; a server that was ended a moment ago may not be back yet."""
    try:
        act()
    except (InterfaceError, OperationalError):
        connection.close()


def _say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()
