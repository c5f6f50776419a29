"""The programs that `up` runs."""

import sys
from collections.abc import Sequence

from coordination.supervision.child import Program

APPLICATION = "coordination.asgi:application"
IO_THREADS = 48


def web(listener: int, application: str = APPLICATION) -> Program:
    """Return the ASGI server on a socket that listens already: a restart refuses nobody."""
    return _python(
        "web", "uvicorn", application, "--fd", str(listener), "--lifespan", "off",
        "--log-level", "warning", "--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "3",
        descriptors=[listener],
    )  # fmt: skip


def workers(n_cpu: int) -> list[Program]:
    """Return the worker for agents that wait (many threads) and the one for those that compute (some processes)."""
    return [
        _worker("io", "--pool", "threads", "--concurrency", str(IO_THREADS)),
        _worker("cpu", "--pool", "prefork", "--concurrency", str(n_cpu)),
    ]


def beat() -> Program:
    """Return the clock of periodic work; its schedule is in memory."""
    return _celery("beat", "beat")


def feeder() -> Program:
    """Return what sends the demo its inquiries."""
    return Program("feed", [sys.executable, "manage.py", "feed_demo"])


def _worker(queue: str, *pool: str) -> Program:
    return _celery(
        queue, "worker", "--queues", queue, "--hostname", f"{queue}@%h", *pool,
        "--without-gossip", "--without-mingle",
    )  # fmt: skip


def _celery(name: str, *words: str) -> Program:
    # Celery advises against root on each start; containers and CI run as root, and nothing is unpickled here.
    return _python(name, "celery", "--app", "coordination", "--quiet", *words, "--loglevel", "WARNING")


def _python(name: str, module: str, *words: str, descriptors: Sequence[int] = ()) -> Program:
    return Program(name, [sys.executable, "-m", module, *words], descriptors)
