"""Start Celery workers for one benchmark and stop them afterwards."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from celery import Celery

from coordination.benchmarks import bare
from coordination.benchmarks.house import MODULES
from coordination.celery import app

READY_WITHIN_S = 60.0
# Two processes each: Celery as it comes, and ours in the pool of agents that compute nothing.
WORKERS = 2
THREADS = 32
QUIET = ("--without-gossip", "--without-mingle")


@contextmanager
def bare_workers(*pool: str) -> Iterator[None]:
    """Run bare Celery: two processes, unless told otherwise."""
    with workers(bare.app, bare.__name__, *(pool or ("-P", "prefork", "-c", str(WORKERS))), *QUIET):
        yield


@contextmanager
def our_workers(threads: int = THREADS) -> Iterator[None]:
    """Run two of our workers of the pool `io`, each with so many threads."""
    with ExitStack() as started:
        for number in range(WORKERS):
            words = ("-P", "threads", "-c", str(threads), "-Q", "io", "-n", f"worker{number}@%h", *QUIET)
            started.enter_context(workers(app, "coordination", *words, AGENT_MODULES=MODULES))
        yield


@contextmanager
def workers(app: Celery, module: str, *arguments: str, **environment: str) -> Iterator[None]:
    """Run one worker command of a Celery app for the length of the block."""
    command = [sys.executable, "-m", "celery", "-A", module, "worker", "--loglevel=ERROR", *arguments]
    n_before = _n_that_answer(app)
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(app, process, n_before)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(app: Celery, process: "subprocess.Popen[bytes]", n_before: int) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while _n_that_answer(app) <= n_before:
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("The benchmark's workers did not start.")


def _n_that_answer(app: Celery) -> int:
    return len(app.control.ping(timeout=0.5) or ())
