"""Bare Celery doing the same nothing: chains and groups of no-op tasks on the same Redis, as its documentation has it.

Results are kept in Redis too: without them nobody could tell when a chain has ended.
"""

import time

from celery import Celery, chain, chord, group
from celery.result import AsyncResult

from coordination import embedded, environment

BROKER_URL = environment.broker(
    environment.address("REDIS_URL", ("redis", "rediss", "unix")) or embedded.redis_url(environment.home())
)

# No fixups: Celery would close Django's connections around each task.
app = Celery("bare", broker=BROKER_URL, backend=BROKER_URL, fixups=[])
app.conf.update(task_default_queue="bare", broker_connection_retry_on_startup=True)


@app.task(name="bare.step")
def step(value: int) -> int:
    """Do nothing."""
    return value


@app.task(name="bare.join")
def join(values: list[int]) -> int:
    """Take note that all of a group are done."""
    return len(values)


@app.task(name="bare.nap")
def nap(seconds: float) -> None:
    """Wait as long as a call over the network takes."""
    time.sleep(seconds)


def start_chain(steps: int) -> "AsyncResult[int]":
    """Start a chain of tasks and return its end."""
    return chain(step.s(1), *(step.s() for _ in range(steps - 1))).apply_async()


def seconds_for(chains: int, steps: int) -> float:
    """Return the seconds that the running workers take for all chains; each has `steps` tasks."""
    started = time.perf_counter()
    ends = [start_chain(steps) for _ in range(chains)]
    for end in ends:
        end.get()
    return time.perf_counter() - started


def seconds_for_group(size: int) -> float:
    """Return the seconds that the running workers take for a group and the task that waits for all of it."""
    started = time.perf_counter()
    chord(group(step.s(number) for number in range(size)), join.s()).apply_async().get()
    return time.perf_counter() - started


def seconds_for_naps(count: int, seconds: float) -> float:
    """Return the seconds that the running workers take for so many calls that only wait."""
    started = time.perf_counter()
    group(nap.s(seconds) for _ in range(count)).apply_async().get()
    return time.perf_counter() - started
