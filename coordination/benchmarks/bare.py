"""Bare Celery doing the same nothing: chains of no-op tasks on the same Redis, as its documentation sets it up.

Results are kept in Redis too: without them nobody could tell when a chain has ended.
"""

import time

from celery import Celery, chain

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


def seconds_for(chains: int, steps: int) -> float:
    """Return the seconds that the running workers take for all chains; each has `steps` tasks."""
    started = time.perf_counter()
    ends = [chain(step.s(1), *(step.s() for _ in range(steps - 1))).apply_async() for _ in range(chains)]
    for end in ends:
        end.get()
    return time.perf_counter() - started
