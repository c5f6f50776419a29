"""One supervised process: its command, its output, its restarts."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from coordination.supervision.fate import tied_to_us

STEADY_AFTER_S = 30.0
LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, under which short name its lines appear, and which open files it takes over."""

    name: str
    command: Sequence[str]
    descriptors: Sequence[int] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


class Child:
    """A running program that is started again when it ends."""

    def __init__(self, program: Program, say: Callable[[str, str], None]) -> None:
        self.program = program
        self._say = say
        self._pause_s = 0.5
        self._due = 0.0
        self.n_starts = 0
        self.start()

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process.poll() is None

    def start(self) -> None:
        """Start the process in a group of its own, so that Ctrl-C at the terminal reaches only the supervisor."""
        self._started = time.monotonic()
        self._due = 0.0
        self.n_starts += 1
        self.process = subprocess.Popen(
            self.program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**self.program.environment, "PYTHONUNBUFFERED": "1"},
            pass_fds=tuple(self.program.descriptors),
            start_new_session=True,
            # Safe beside our threads: it makes one system call through a function that is loaded already.
            preexec_fn=tied_to_us(),  # noqa: PLW1509
        )
        threading.Thread(target=self._relay, args=(self.process.stdout,), daemon=True).start()

    def revive(self) -> None:
        """Start an ended process again, after a pause that grows while it keeps ending."""
        if self.running:
            return
        now = time.monotonic()
        if not self._due:
            if now - self._started > STEADY_AFTER_S:
                self._pause_s = 0.5
            self._due = now + self._pause_s
            self._say("up", f"{self.program.name} ended ({_how(self.process.returncode)}); it starts again.")
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        elif now >= self._due:
            # What the dead process had started itself would otherwise work beside the new one.
            self.kill()
            self.start()

    def terminate(self) -> None:
        """Ask the process to finish its work and end."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()

    def kill(self) -> None:
        """End the process and all it has started, now."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _relay(self, output: IO[str]) -> None:
        with output:
            for line in output:
                if line.strip():
                    self._say(self.program.name, line.rstrip())


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
