"""Ring after commit: a topic changed, whoever watches reads it again. Content never travels here."""

import asyncio
import logging
import os
import threading
import time
from functools import partial
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)

COALESCE_S = 0.1


def group(organization_id: UUID) -> str:
    """Return the name of the Channels group that an organization's browsers join."""
    return f"organization.{organization_id.hex}"


def ring(organization_id: UUID, *topics: str) -> None:
    """Tell the organization's browsers, once the surrounding transaction has committed, that topics changed."""
    transaction.on_commit(partial(_bell.add, organization_id, topics), robust=True)


class _Bell:
    """Collect topics for a moment and send each organization one message, from a thread of its own.

    A worker's thread must not pay for a round trip to Redis per change; bursts collapse into one ring.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[UUID, set[str]] = {}
        self._wake = threading.Event()
        self._process = 0

    def add(self, organization_id: UUID, topics: tuple[str, ...]) -> None:
        with self._lock:
            self._waiting.setdefault(organization_id, set()).update(topics)
            # A forked worker inherits this object but not its thread.
            if self._process != os.getpid():
                self._process = os.getpid()
                self._wake = threading.Event()
                threading.Thread(target=self._serve, args=(self._wake,), name="live-bell", daemon=True).start()
        self._wake.set()

    def _serve(self, wake: threading.Event) -> None:
        loop = asyncio.new_event_loop()
        while True:
            wake.wait()
            wake.clear()
            with self._lock:
                waiting, self._waiting = self._waiting, {}
            try:
                loop.run_until_complete(_send(waiting))
            except Exception:  # Redis may be away for a while; pages re-read when they reconnect.
                logger.warning("Could not ring %d organizations; pages will catch up.", len(waiting), exc_info=True)
            time.sleep(COALESCE_S)


async def _send(waiting: dict[UUID, set[str]]) -> None:
    layer = get_channel_layer()
    for organization_id, topics in waiting.items():
        await layer.group_send(group(organization_id), {"type": "ring", "topics": sorted(topics)})


_bell = _Bell()
