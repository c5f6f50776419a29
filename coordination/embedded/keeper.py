"""Run one embedded server while anybody uses it: `python -m coordination.embedded.keeper SERVER HOME`.

Users share a file lock; the keeper ends the server once it can have that lock alone. A user that is killed
drops its lock too, so nothing outlives the last user, and the keeper's own death takes the server with it.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol

from coordination.embedded.account import Account
from coordination.embedded.addresses import sockets
from coordination.embedded.errors import CannotStart, not_writable
from coordination.embedded.locks import FileLock
from coordination.embedded.postgres import Postgres
from coordination.embedded.valkey import Valkey
from coordination.embedded.words import FAILED, READY
from coordination.supervision.fate import tied_to_us

READY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.25
# Commands often follow each other: a server that has just lost its last user waits a moment for the next one.
GRACE_S = 4.0
STOP_WITHIN_S = 20.0
LOG_LIMIT_BYTES = 10_000_000


class Server(Protocol):
    """What the keeper needs to know of a server."""

    title: str
    log: Path
    account: Account

    def prepare(self) -> list[str]:
        """Put everything right for a start and return what people should know of it. Raises: CannotStart."""

    def command(self) -> list[str]:
        """Return the command line."""

    def ready(self) -> bool:
        """Return whether it answers."""

    def why_it_stopped(self) -> str:
        """Return the fault its log names."""


SERVERS: dict[str, type[Postgres] | type[Valkey]] = {"postgres": Postgres, "valkey": Valkey}


class Keeper:
    """The life of one server."""

    def __init__(self, server: Server, users: FileLock) -> None:
        self.server = server
        self.users = users
        self.process: subprocess.Popen[bytes] | None = None
        self.patience_s = GRACE_S

    def start(self) -> None:
        """Start the server and wait until it answers."""
        for note in self.server.prepare():
            _say(note)
        if self.server.log.stat().st_size > LOG_LIMIT_BYTES:
            os.truncate(self.server.log, 0)
        with self.server.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.server.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                # SIGINT is PostgreSQL's fast shutdown; it ends Valkey too. This process has one thread.
                preexec_fn=tied_to_us(signal.SIGINT),  # noqa: PLW1509
                **self.server.account.process_arguments(),
            )
        give_up = time.monotonic() + READY_WITHIN_S
        while not self.server.ready():
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise CannotStart(f"The embedded {self.server.title} didn't start: {self.server.why_it_stopped()}")
            time.sleep(0.02)

    def keep(self) -> None:
        """Watch the server until its last user has been gone for a while; return holding the users' lock."""
        unused_since: float | None = None
        while True:
            if self.users.try_hold():
                now = time.monotonic()
                unused_since = unused_since or now
                if now - unused_since >= self.patience_s:
                    return
                self.users.drop()
            else:
                unused_since, self.patience_s = None, GRACE_S
            if self.process is None or self.process.poll() is not None:
                self.start()
            time.sleep(LOOK_EVERY_S)

    def hurry(self, *_signal: object) -> None:
        """Skip the wait for a next user."""
        self.patience_s = 0.0

    def stop(self) -> None:
        """End the server."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def lay_out(home: Path, account: Account) -> None:
    """Make the folder of locks and the folder of sockets, closed to other people."""
    folder = sockets(home)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), account.uid}:
        raise CannotStart(f"{folder} belongs to somebody else; remove it or set COORDINATION_HOME to another folder.")
    folder.chmod(0o700)
    account.own(folder)


def main(name: str, home: Path) -> None:
    """Start a server, say so (or why not), and keep it."""
    os.umask(0o022)
    try:
        server = SERVERS[name](home)
        lay_out(home, server.account)
        keeper = Keeper(server, FileLock(home / "run" / f"{name}.users"))
        signal.signal(signal.SIGTERM, keeper.hurry)
        keeper.start()
    except CannotStart as error:
        _say(f"{FAILED}{error}")
        sys.exit(1)
    except OSError as error:
        _say(f"{FAILED}{not_writable(home, error)}")
        sys.exit(1)
    _say(READY)
    # Leave the pipe of the process that started us: it must not wait for our end.
    os.dup2(os.open(os.devnull, os.O_RDWR), sys.stdout.fileno())
    try:
        keeper.keep()
    except CannotStart as error:
        with keeper.server.log.open("a") as log:
            log.write(f"{error}\n")
    finally:
        keeper.stop()


def _say(line: str) -> None:
    """Tell the process that started us."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
