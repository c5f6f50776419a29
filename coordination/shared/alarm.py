"""Do something in a moment, from one thread for the whole process. A hint only: a process that ends forgets it."""

import heapq
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)


class _Clock:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._process = 0

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Do it so many seconds from now."""
        with self._changed:
            # A forked worker inherits this object but not its thread.
            if self._process != os.getpid():
                self._process, self._due = os.getpid(), []
                threading.Thread(target=self._serve, name="alarm", daemon=True).start()
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), act))
            self._changed.notify()

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._due or (wait_s := self._due[0][0] - time.monotonic()) > 0:
                    self._changed.wait(wait_s if self._due else None)
                _, _, act = heapq.heappop(self._due)
            try:
                act()
            except Exception:  # One alarm that fails must not keep the others from going off.
                logger.exception("An alarm went off and failed.")


_clock = _Clock()
after = _clock.after
