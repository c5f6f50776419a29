"""Who works on what: leases that a living worker renews and a dead one loses."""

import logging
import os
import socket
import threading
from datetime import timedelta
from uuid import UUID

from django.db import close_old_connections, connection

from coordination.runs.models import Step
from coordination.shared.clock import now

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=6)
BEAT_S = 2.0


def worker_name() -> str:
    """Return who this worker thread is, for people who look at a stuck step."""
    return f"{process_name()}{threading.get_native_id()}"


def process_name() -> str:
    """Return what all worker names of this process begin with."""
    return f"{socket.gethostname()}/{os.getpid()}/"


class _Holder:
    """Renew this process's leases from one thread with one statement a beat."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: set[UUID] = set()
        self._process = 0

    def hold(self, step_id: UUID) -> None:
        with self._lock:
            self._held.add(step_id)
            # A forked worker inherits this object but not its thread, and none of the parent's leases.
            if self._process != os.getpid():
                self._process = os.getpid()
                self._held = {step_id}
                threading.Thread(target=self._serve, name="leases", daemon=True).start()

    def let_go(self, step_id: UUID) -> None:
        with self._lock:
            self._held.discard(step_id)

    def _serve(self) -> None:
        pause = threading.Event()
        while not pause.wait(BEAT_S):
            with self._lock:
                held = list(self._held)
            if not held:
                continue
            try:
                close_old_connections()
                mine = Step.objects.filter(pk__in=held, status="running", worker__startswith=process_name())
                mine.update(lease_until=now() + LEASE)
            except Exception:  # The database may be away; the sweep gives the work to others if it stays away.
                logger.warning("Could not renew %d leases.", len(held), exc_info=True)
                connection.close()


_holder = _Holder()
hold = _holder.hold
let_go = _holder.let_go
