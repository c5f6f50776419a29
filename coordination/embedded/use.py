"""Use an embedded server: start it if nobody has, and hold on to it while this process lives."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from coordination.embedded.errors import CannotStart, not_writable
from coordination.embedded.locks import FileLock
from coordination.embedded.words import FAILED, READY

LEAVE_WITHIN_S = 30.0
STANDS_FOR = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}


class Use:
    """This process's hold on one embedded server of a home folder."""

    held: ClassVar[dict[tuple[Path, str], "Use"]] = {}

    def __init__(self, home: Path, server: str) -> None:
        self.home = home
        self.server = server
        folder = home / "run"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._users = FileLock(folder / f"{server}.users")
            self._starting = FileLock(folder / f"{server}.starting")
        except OSError as error:
            raise not_writable(home, error) from error
        self._pid_file = folder / f"{server}.keeper"
        self._keeper: subprocess.Popen[str] | None = None
        self._expected = False
        # Shared with all other users; while a keeper is ending its server, this waits for it.
        self._users.share()
        self._begin()

    def _begin(self) -> None:
        """Start a keeper if there is none; its lock is passed on to it, so that there is never a second one."""
        self._starting.hold()
        alive = FileLock(self._pid_file)
        if alive.try_hold():
            self._keeper = self._launch(alive)
            self._pid_file.write_text(str(self._keeper.pid))
            self._expected = True
        else:
            self._starting.drop()
        alive.close()

    def _launch(self, alive: FileLock) -> subprocess.Popen[str]:
        # Not our stderr: a pipe at the other end of it would wait for the keeper too.
        with (self.home / f"{self.server}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "coordination.embedded.keeper", self.server, str(self.home)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                # Neither Ctrl-C at our terminal nor our end reaches the keeper: it outlives us if others need it.
                start_new_session=True,
                pass_fds=[alive.descriptor],
                cwd=Path(__file__).parents[2],
            )

    def wait(self) -> None:
        """Return once the server answers. Raises: CannotStart."""
        if not self._expected or self._keeper is None or self._keeper.stdout is None:
            return
        log = self.home / f"{self.server}.log"
        answer = f"{FAILED}The embedded {self.server} didn't start; {log} says why."
        with self._keeper.stdout:
            for line in map(str.rstrip, self._keeper.stdout):
                if line == READY or line.startswith(FAILED):
                    answer = line
                    break
                sys.stderr.write(f"{line}\n")
        self._expected = False
        self._starting.drop()
        if answer != READY:
            self._keeper.wait()
            self._users.drop()
            del Use.held[self.home, self.server]
            raise CannotStart(answer.removeprefix(FAILED))

    def renew(self) -> None:
        """Start the server again if its keeper has died."""
        self._begin()
        self.wait()

    def leave(self) -> None:
        """Let go; if nobody else uses the server, return only when it has ended."""
        self._users.drop()
        alive = FileLock(self._pid_file)
        give_up = time.monotonic() + LEAVE_WITHIN_S
        while not alive.try_hold() and time.monotonic() < give_up and not self._used_by_others():
            os.kill(int(self._pid_file.read_text()), signal.SIGTERM)
            time.sleep(0.05)
        alive.close()
        self._users.close()
        self._starting.close()
        del Use.held[self.home, self.server]

    def _used_by_others(self) -> bool:
        if self._users.try_hold():
            self._users.drop()
            return False
        # Held alone, the keeper is ending the server; shared, somebody uses it.
        shared = self._users.try_share()
        if shared:
            self._users.drop()
        return shared


def begin(home: Path, env: Mapping[str, str] = os.environ) -> list[Use]:
    """Start whichever server the environment doesn't name; `wait` for each before it is used."""
    for server, variable in STANDS_FOR.items():
        if not env.get(variable, "").strip() and (home, server) not in Use.held:
            Use.held[home, server] = Use(home, server)
    return [use for (of, _), use in Use.held.items() if of == home]


def attach(home: Path, env: Mapping[str, str] = os.environ) -> list[Use]:
    """Use the embedded servers that are needed until this process ends; return once they answer.

    Raises: CannotStart.
    """
    uses = begin(home, env)
    for use in uses:
        use.wait()
    return uses
