"""Run programs side by side at one terminal: one prefix each, restarted when they end, ended together."""

import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from coordination.supervision.child import Child, Program

TICK_S = 0.2
DRAIN_S = 15.0
NAME_WIDTH = 6


class Supervisor:
    """The children of one `up`."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self.children: list[Child] = []
        self._out = out
        self._lock = threading.Lock()

    def say(self, name: str, line: str) -> None:
        """Print one line behind the name of who says it."""
        with self._lock:
            self._out.write(f"{name:<{NAME_WIDTH}} | {line}\n")
            self._out.flush()

    def start(self, *programs: Program) -> None:
        """Start programs; from now on they are watched."""
        self.children += [Child(program, self.say) for program in programs]

    def watch(self, until: Callable[[], bool] = lambda: False, each_tick: Callable[[], None] = lambda: None) -> None:
        """Keep the children alive until a condition holds."""
        while not until():
            for child in self.children:
                child.revive()
            each_tick()
            time.sleep(TICK_S)

    def stop(self) -> None:
        """Let all children finish what they are doing, then end them; interrupted once more, end them at once."""
        try:
            for child in self.children:
                child.terminate()
            give_up = time.monotonic() + DRAIN_S
            while any(child.running for child in self.children) and time.monotonic() < give_up:
                time.sleep(0.05)
        finally:
            for child in self.children:
                child.kill()
            for child in self.children:
                child.process.wait()
