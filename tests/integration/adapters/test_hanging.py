"""Code that goes on after nobody waits for it any longer is told of when it ends, and counted while it does not."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from coordination.adapters import deadline
from coordination.adapters.deadline import Call, Crew, n_hanging


@pytest.fixture(autouse=True)
def nothing_hangs_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what tests before these left hanging in this process."""
    monkeypatch.setattr(deadline, "_given_up", {})


def eventually(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while not true() and time.monotonic() < until:
        time.sleep(0.005)
    return true()


class Told:
    """What a call tells, and a gate that its code waits at."""

    def __init__(self, timeout_s: float = 0.0) -> None:
        self.gate = threading.Event()
        self.ended: list[Call[Any]] = []
        self.late: list[Call[Any]] = []
        self.call: Call[Any] = Call(self._code, None, self.ended.append, late=self.late.append, timeout_s=timeout_s)
        Crew().start(self.call)

    def _code(self, reach: Any) -> str:
        self.gate.wait(5)
        return "done"


def test_code_that_ends_in_time_is_told_of_as_ended_and_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "_GRACE_S", 0.0)
    told = Told()
    assert n_hanging() == 0
    told.gate.set()
    assert eventually(lambda: told.ended == [told.call])
    assert (told.late, told.call.result(), told.call.give_up(), n_hanging()) == ([], "done", False, 0)


def test_code_that_was_given_up_is_told_of_as_late_with_what_it_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "_GRACE_S", 0.0)
    told = Told()
    assert told.call.give_up()
    assert not told.call.give_up()
    assert n_hanging() == 1
    told.gate.set()
    assert eventually(lambda: told.late == [told.call])
    assert (told.ended, told.call.result()) == ([], "done")
    assert eventually(lambda: n_hanging() == 0)


def test_code_that_was_called_off_is_counted_only_once_its_own_time_and_a_moment_are_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deadline, "_GRACE_S", 0.2)
    told = Told(timeout_s=0.2)
    told.call.give_up()
    assert n_hanging() == 0
    assert eventually(lambda: n_hanging() == 1)
    told.gate.set()
    assert eventually(lambda: n_hanging() == 0)
