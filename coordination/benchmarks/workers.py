"""Start Celery workers for one benchmark and stop them afterwards."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from celery import Celery

READY_WITHIN_S = 60.0


@contextmanager
def workers(app: Celery, module: str, *arguments: str, **environment: str) -> Iterator[None]:
    """Run one worker command of a Celery app for the length of the block."""
    command = [sys.executable, "-m", "celery", "-A", module, "worker", "--loglevel=ERROR", *arguments]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(app, process)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(app: Celery, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + READY_WITHIN_S
    while not app.control.ping(timeout=0.5):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("The benchmark's workers did not start.")
