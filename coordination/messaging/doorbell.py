"""The bell that tells a waiting agent to look: Redis carries a digest of the address, never a word of a message.

A bell that nobody hears costs a second: whoever waits looks again by himself.
"""

import logging
import os
import threading
import time
from collections.abc import Collection, Iterable
from functools import cache, partial
from hashlib import blake2b
from uuid import UUID
from weakref import WeakSet, WeakValueDictionary

import redis
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

LOOK_AGAIN_S = 1.0
_CHANNEL = "coordination.messages"
_PAUSE_S = 1.0
_NAME_BYTES = 16


class _Line:
    """The bells that hang at one address of a run."""

    def __init__(self) -> None:
        self.bells: WeakSet[Bell] = WeakSet()


class Bell:
    """Hears when there is something new at addresses of a run, from the moment it is made."""

    def __init__(self, run_id: UUID, addresses: Iterable[str]) -> None:
        self._rung = threading.Event()
        # Held here: a line is gone with its last bell.
        self._lines = [_exchange.hang(_name_of(run_id, address), self) for address in addresses]

    def ring(self) -> None:
        """Let whoever waits look."""
        self._rung.set()

    def wait(self, timeout_s: float) -> None:
        """Wait until it rings, or a second at most: it may ring for nothing, and it may not ring."""
        self._rung.wait(min(timeout_s, LOOK_AGAIN_S))
        self._rung.clear()


def ring_for(places: Collection[tuple[UUID, str]]) -> None:
    """Ring at addresses of runs, once the surrounding transaction has committed."""
    if places:
        transaction.on_commit(partial(_exchange.ring, sorted({_name_of(*place) for place in places})), robust=True)


class _Exchange:
    """All bells of a process: one thread hears Redis for all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: WeakValueDictionary[bytes, _Line] = WeakValueDictionary()
        self._process = 0
        self._name = b""

    def hang(self, name: bytes, bell: Bell) -> _Line:
        with self._lock:
            # A forked worker inherits this object but not its thread.
            if self._process != os.getpid():
                self._process, self._name = os.getpid(), os.urandom(_NAME_BYTES)
                threading.Thread(target=self._listen, name="message-bell", daemon=True).start()
            line = self._lines.get(name)
            if line is None:
                line = self._lines[name] = _Line()
            line.bells.add(bell)
            return line

    def ring(self, names: Collection[bytes]) -> None:
        """Tell those who wait in this process at once, and all others by way of Redis."""
        self._hear(names)
        own = self._name if self._process == os.getpid() else bytes(_NAME_BYTES)
        try:
            _client().publish(_CHANNEL, own + b"".join(names))
        except redis.RedisError:
            logger.warning("Could not ring for messages; whoever waits looks by himself.", exc_info=True)

    def _hear(self, names: Iterable[bytes]) -> None:
        with self._lock:
            for line in [line for name in names if (line := self._lines.get(name)) is not None]:
                for bell in line.bells:
                    bell.ring()

    def _listen(self) -> None:
        while True:
            try:
                with _client().pubsub(ignore_subscribe_messages=True) as heard:  # type: ignore[no-untyped-call]
                    heard.subscribe(_CHANNEL)
                    for message in heard.listen():
                        self._take(message["data"])
            except redis.RedisError:
                logger.warning("Cannot hear of messages for a while; whoever waits looks by himself.", exc_info=True)
                time.sleep(_PAUSE_S)

    def _take(self, raw: bytes) -> None:
        names = [raw[at : at + _NAME_BYTES] for at in range(0, len(raw), _NAME_BYTES)]
        # This process was told when it rang itself.
        if names and names[0] != self._name:
            self._hear(names[1:])


def _name_of(run_id: UUID, address: str) -> bytes:
    return blake2b(f"{run_id}/{address}".encode(), digest_size=_NAME_BYTES).digest()


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)


_exchange = _Exchange()
