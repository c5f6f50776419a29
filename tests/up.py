"""`manage.py up`, and other commands, in a home folder of their own."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from django.conf import settings

START_WITHIN_S = 60.0
# The suite's own servers are named in these; here the embedded ones of a new home are meant.
NAMED = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "COORDINATION_HOME"}


def environment_of(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in NAMED}
    return {**kept, "COORDINATION_HOME": str(home), **more}


def manage(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a management command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=settings.BASE_DIR, env=environment_of(home, **more),
        capture_output=True, text=True, timeout=START_WITHIN_S, check=False,
    )  # fmt: skip


def processes_of(home: Path) -> list[psutil.Process]:
    """Return every process that has this home folder in its command line or its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(home) in " ".join(process.cmdline()) or process.environ().get("COORDINATION_HOME") == str(home):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return [process for process in found if process.status() != psutil.STATUS_ZOMBIE]


def wait_for(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    give_up = time.monotonic() + within_s
    while time.monotonic() < give_up:
        if condition():
            return True
        time.sleep(0.1)
    return condition()


class Up:
    """One `manage.py up` and what it prints."""

    def __init__(self, home: Path, *words: str, **more: str) -> None:
        self.lines: list[str] = []
        self._new: queue.Queue[str] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", "0", "--workers", "1", *words],
            cwd=settings.BASE_DIR, env=environment_of(home, **more), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._new.put(line)

    def wait_for_line(self, text: str, within_s: float = START_WITHIN_S) -> str:
        """Return the next line that holds a text."""
        give_up = time.monotonic() + within_s
        while time.monotonic() < give_up:
            try:
                self.lines.append(self._new.get(timeout=max(0.01, give_up - time.monotonic())))
            except queue.Empty:
                break
            if text in self.lines[-1]:
                return self.lines[-1]
        pytest.fail(f"No line with {text!r} came:\n{''.join(self.lines)}")

    def child(self, words: str) -> psutil.Process:
        """Return the child process whose command line holds some words."""
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if words in " ".join(child.cmdline()))

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(40)
