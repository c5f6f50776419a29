"""Celery tasks: thin, each calls services."""

import gc
import logging
import os
import signal
import threading
import time
from uuid import UUID

from celery import Task, shared_task
from celery.signals import heartbeat_sent, worker_init, worker_process_init, worker_shutting_down
from django.conf import settings

from coordination.accounts.models import Organization
from coordination.adapters.deadline import n_hanging
from coordination.runs.carrier import SLICE_S, carrier_of, stop_all
from coordination.runs.services import inquire, stem_floods, sweep, take_held
from coordination.shared.clock import now

logger = logging.getLogger(__name__)

_WATCH_S = 2.0
_places = {"threads": 1}
# The worker's main process, once it is known: forked ones inherit it. 0 when it was asked to end, or none is known.
_main = {"pid": 0}


@worker_init.connect
def count_places(sender: object = None, **_signal: object) -> None:
    """Learn how many runs this worker carries at once: as many as Celery was told in threads, one in each process."""
    in_threads = "thread" in str(getattr(sender, "pool_cls", ""))
    _places["threads"] = int(getattr(sender, "concurrency", 0) or 1) if in_threads else 0
    _main["pid"] = os.getpid()


@worker_init.connect
def spare_what_stays(**_signal: object) -> None:
    """Keep what was imported out of every later search for garbage: it stays as long as the process does."""
    gc.collect()
    gc.freeze()


@worker_shutting_down.connect
def drain(**_signal: object) -> None:
    """Begin nothing new once the worker is asked to end."""
    stop_all()


@heartbeat_sent.connect
def end_when_worn(**_signal: object) -> None:
    """Ask the worker to end, once, when too many calls hang in it: it drains, and whoever started it starts it again.

    Nobody can stop a thread; only with its process does it go away.
    """
    n, most = n_hanging(), settings.MAX_HANGING_CALLS
    if most and n > most and _main["pid"]:
        logger.error("%d calls of agents or tools never end here; this worker drains, to be started afresh.", n)
        pid, _main["pid"] = _main["pid"], 0
        os.kill(pid, signal.SIGTERM)


@worker_process_init.connect
def watch(**_signal: object) -> None:
    """Look after a forked process too, which has no heartbeat of its own."""
    threading.Thread(target=_watch, name="wear", daemon=True).start()


def _watch() -> None:
    while True:
        time.sleep(_WATCH_S)
        end_when_worn()


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


@shared_task(name="runs.take_held", ignore_result=True)
def carry_out_answers() -> None:
    """Carry out the answers that nobody took back in time."""
    take_held()


@shared_task(name="runs.stem_floods", ignore_result=True)
def stem() -> None:
    """Pause agents that ask people more than they can look at."""
    stem_floods(now())


@shared_task(name="runs.inquire", ignore_result=True)
def let_agent_answer(organization: str, request: str) -> None:
    """Let an agent answer what a reviewer asked back."""
    found = Organization.objects.filter(pk=organization).first()
    if found is not None:
        inquire(found, UUID(request))
