"""Celery tasks: thin, each calls services."""

import time

from celery import Task, shared_task
from django.db import DataError

from coordination.runs.leases import worker_name
from coordination.runs.performing import perform
from coordination.runs.services import claim, finish, sweep
from coordination.runs.work import Failed, Work

# A worker keeps a run for this long at most, so that no run starves another.
SLICE_S = 2.0


@shared_task(name="runs.work", bind=True, ignore_result=True)
def work(self: "Task[..., None]", run_id: str, step: str) -> None:
    """Take a step on, and then the steps that follow from it, for one slice of time."""
    worker = worker_name()
    pool = (self.request.delivery_info or {}).get("routing_key") or "io"
    until = time.monotonic() + SLICE_S
    held = claim(run_id, step, worker, pool)
    while held is not None:
        held = _do(held, worker, pool, keep=time.monotonic() < until)


def _do(held: Work, worker: str, pool: str, *, keep: bool) -> Work | None:
    outcome = perform(held)
    try:
        return finish(held, outcome, worker, pool, keep=keep)
    except DataError:  # JSON that PostgreSQL cannot keep, such as a NUL character.
        refused = Failed("bad-result", "The result holds characters that cannot be stored.", retryable=False)
        return finish(held, refused, worker, pool, keep=keep)


@shared_task(name="runs.sweep", ignore_result=True)
def sweep_runs() -> None:
    """Find by row what lost messages and dead workers left behind."""
    sweep()
