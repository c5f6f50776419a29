"""Celery tasks: thin, each calls services."""

import logging
import time

from celery import Task, shared_task
from django.db import DataError, InterfaceError, OperationalError, close_old_connections

from coordination.runs import leases
from coordination.runs.leases import worker_name
from coordination.runs.performing import perform
from coordination.runs.services import claim, finish, give_up, sweep
from coordination.runs.work import Failed, Outcome, Work

logger = logging.getLogger(__name__)

# A worker keeps a run for this long at most, so that no run starves another.
SLICE_S = 2.0
# A database that is away or breaks a deadlock is asked again after so long: what a tool did must not go unrecorded.
PAUSES_S = (0.2, 1.0, 3.0)


@shared_task(name="runs.work", bind=True, ignore_result=True)
def work(self: "Task[..., None]", run_id: str, step: str) -> None:
    """Take a step on, and then the steps that follow from it, for one slice of time."""
    worker = worker_name()
    pool = (self.request.delivery_info or {}).get("routing_key") or "io"
    until = time.monotonic() + SLICE_S
    held = _claimed(run_id, step, worker, pool)
    while held is not None:
        held = _do(held, worker, pool, keep=time.monotonic() < until)


def _claimed(run_id: str, step: str, worker: str, pool: str) -> Work | None:
    try:
        return claim(run_id, step, worker, pool)
    except (InterfaceError, OperationalError):  # The sweep offers the step again.
        raise
    except Exception:  # Offered again it would fail again, for ever: the step fails, where people see it.
        logger.exception("The step %s of run %s cannot begin.", step, run_id)
        give_up(run_id, step)
        return None


def _do(held: Work, worker: str, pool: str, *, keep: bool) -> Work | None:
    # Held until the result is written down: whoever waits for the run's row has not died.
    leases.hold(held.step_id)
    try:
        return _written(held, perform(held), worker, pool, keep=keep)
    finally:
        leases.let_go(held.step_id)


def _written(held: Work, outcome: Outcome, worker: str, pool: str, *, keep: bool) -> Work | None:
    refused = Failed("internal-error", "The result could not be taken; the log says why.", retryable=False)
    # At the second try the next step, which may be what goes wrong, is left to its own claim.
    for going_on in (keep, False):
        try:
            return _finished(held, outcome, worker, pool, keep=going_on)
        except (InterfaceError, OperationalError):
            raise
        except DataError:  # JSON that PostgreSQL cannot keep.
            refused = Failed("bad-result", "The result holds characters that cannot be stored.", retryable=False)
        except Exception:  # The worker lives on, and so does the run, if only to fail where people see it.
            logger.exception("The result of %s in run %s could not be taken.", held.step_key, held.run_id)
    return _finished(held, refused, worker, pool, keep=False)


def _finished(held: Work, outcome: Outcome, worker: str, pool: str, *, keep: bool) -> Work | None:
    for pause_s in PAUSES_S:
        try:
            return finish(held, outcome, worker, pool, keep=keep)
        except (InterfaceError, OperationalError):
            logger.warning("Could not write down %s of run %s yet.", held.step_key, held.run_id, exc_info=True)
            close_old_connections()
            time.sleep(pause_s)
    return finish(held, outcome, worker, pool, keep=keep)


@shared_task(name="runs.sweep", ignore_result=True)
def sweep_runs() -> None:
    """Find by row what lost messages and dead workers left behind."""
    sweep()
