"""End what an earlier `up` left behind where the system couldn't."""

import contextlib
from pathlib import Path

import psutil

MARK = "COORDINATION_UP"


def mark(home: Path) -> dict[str, str]:
    """Return the environment variable by which the processes of one home folder know each other."""
    return {MARK: str(home)}


def end_orphans(home: Path) -> int:
    """Kill every process of this home folder's earlier supervisor; return their number. Call it holding its lock."""
    found = [process for process in psutil.process_iter() if _marked(process, home)]
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(found, timeout=5)
    return len(found)


def _marked(process: psutil.Process, home: Path) -> bool:
    # Other people's processes don't show their environment, and they aren't ours.
    with contextlib.suppress(psutil.Error, OSError):
        return process.environ().get(MARK) == str(home)
    return False
