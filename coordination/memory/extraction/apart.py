"""Have a file read by a process of its own, and take what it says line by line."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from coordination.memory.extraction.model import Section, Unreadable

MOST_MEMORY = 1_024 * 1024 * 1024
MOST_SECONDS = 60
MOST_WAITING_S = 180
# What a file may unpack to.
MOST_TEXT = 64 * 1024 * 1024
_CHECKOUT = Path(__file__).parents[3]
TOO_MUCH = "it takes more memory to unpack than a file may"
TOO_LONG = "it takes longer to read than a file may"


def sections_of(path: Path, name: str) -> Iterator[Section | str]:
    """Yield what is in a file, and notes about it as plain strings; raises Unreadable, nothing else."""
    command = [sys.executable, "-m", "coordination.memory.extraction", str(path), name]
    child = subprocess.Popen(
        [*command, str(MOST_MEMORY), str(MOST_SECONDS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=_CHECKOUT,
        # None of our secrets: whatever a file does to its reader, there is nothing to take.
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_CHECKOUT), "PYTHONIOENCODING": "utf-8"},
    )
    over = threading.Timer(MOST_WAITING_S, child.kill)
    over.start()
    try:
        yield from _said(child)
    finally:
        over.cancel()
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()


def _said(child: "subprocess.Popen[str]") -> Iterator[Section | str]:
    said = 0
    for line in child.stdout or ():
        said += len(line)
        if said > MOST_TEXT:
            raise Unreadable(f"it unpacks to more than {MOST_TEXT // 2**20} MB of text")
        told = json.loads(line)
        if "end" in told:
            if told["end"]:
                raise Unreadable(TOO_MUCH if told["end"] == "memory" else told["end"])
            return
        yield told["note"] if "note" in told else Section(**told)
    # It ended without saying how: the system ended it, for its time or its memory.
    code = child.wait()
    raise Unreadable(TOO_LONG if code in (-9, -24) else TOO_MUCH)
