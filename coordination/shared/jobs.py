"""Name work without importing it: services ring, tasks answer."""

import logging
from dataclasses import dataclass
from functools import partial

from celery import current_app
from django.db import transaction

from coordination.shared.json import Json

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A Celery task by name and queue."""

    task: str
    queue: str = "io"

    def later(self, **arguments: Json) -> None:
        """Send the message once the surrounding transaction has committed."""
        # robust: a broker that is down must not turn a saved decision into an error; the sweep finds the work by row.
        transaction.on_commit(partial(self._send, arguments), robust=True)

    def now(self, **arguments: Json) -> None:
        """Send the message; a broker that is away costs the message, not the caller."""
        try:
            self._send(arguments)
        except Exception:  # Whatever the broker's client raises: the sweep finds the work by row.
            logger.warning("Could not send %s; it is found by row.", self.task, exc_info=True)

    def on(self, queue: str) -> "Job":
        """Return the same job on another queue."""
        return Job(self.task, queue)

    def _send(self, arguments: dict[str, Json]) -> None:
        current_app.send_task(self.task, kwargs=arguments, queue=self.queue, retry=False)
