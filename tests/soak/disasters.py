"""Kill a process of the product at random; its supervisor or its keeper starts it again."""

import contextlib
import signal
from pathlib import Path
from random import Random

import psutil

from tests.up import processes_of

# What stands in the command line, how often it is chosen, and how it is ended.
VICTIMS = {
    "--queues io": (6, signal.SIGKILL),
    "--queues cpu": (1, signal.SIGKILL),
    "--quiet beat": (2, signal.SIGKILL),
    "uvicorn": (1, signal.SIGKILL),
    "valkey-server": (3, signal.SIGKILL),
    "unix_socket_directories": (1, signal.SIGINT),  # PostgreSQL, as an administrator restarts it.
}


def strike(home: Path, chance: Random) -> str:
    """End one process and say which."""
    words = chance.choices(list(VICTIMS), [often for often, _ in VICTIMS.values()])[0]
    for process in processes_of(home):
        with contextlib.suppress(psutil.Error):
            if words in " ".join(process.cmdline()):
                process.send_signal(VICTIMS[words][1])
                return words
    return f"no {words} just now"
