"""Celery tasks: thin, each calls services."""

import time

from celery import Task, shared_task
from celery.signals import worker_init, worker_shutting_down

from coordination.runs.carrier import SLICE_S, carrier_of, stop_all
from coordination.runs.services import sweep

_places = {"threads": 1}


@worker_init.connect
def count_places(sender: object = None, **_signal: object) -> None:
    """Learn how many runs this worker carries at once: as many as Celery was told in threads, one in each process."""
    in_threads = "thread" in str(getattr(sender, "pool_cls", ""))
    _places["threads"] = int(getattr(sender, "concurrency", 0) or 1) if in_threads else 0


@worker_shutting_down.connect
def drain(**_signal: object) -> None:
    """Begin nothing new once the worker is asked to end."""
    stop_all()


@shared_task(name="runs.work", bind=True, ignore_result=True)
def work(self: "Task[..., None]") -> None:
    """Do what is due, and what follows from it, until nothing is left."""
    pool = (self.request.delivery_info or {}).get("routing_key") or "io"
    if _places["threads"]:
        carrier_of(pool, _places["threads"]).answer()
    else:
        # A forked worker hears nothing of the end of its parent while it works: it comes back now and then.
        carrier_of(pool, 1).answer(time.monotonic() + SLICE_S)


@shared_task(name="runs.sweep", ignore_result=True)
def sweep_runs() -> None:
    """Find by row what lost messages and dead workers left behind."""
    sweep()
