"""Run an agent's code within its time: the caller waits no longer than agreed, whatever the code does.

The code runs in a daemon thread of its own. What it reaches for (knowledge, memory) is fetched by the caller's thread,
so that a thread that hangs holds no database connection, and one that was given up can reach nothing any more.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connections

from coordination.adapters.ports import AgentFailed, Examples, Hit, Matrix, Reach
from coordination.shared.json import Json

T = TypeVar("T")


class Raised(Exception):
    """The code raised an exception of its own; it is in `error`."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        super().__init__(str(error))


@dataclass(slots=True)
class _Done:
    """The code returned a value, or raised."""

    value: Any = None
    error: BaseException | None = None


@dataclass(slots=True)
class _Errand:
    """Something to fetch for the code; the answer goes into `reply`."""

    function: Callable[[Reach], Any]
    reply: "queue.SimpleQueue[_Done]" = field(default_factory=queue.SimpleQueue)


def within(timeout_s: float, reach: Reach | None, function: Callable[[Reach], T]) -> T:
    """Return what the function returns, given a reach.

    Raises AgentFailed("timeout") when its time is over, the function's own AgentFailed, and Raised for anything else.
    """
    desk = _Desk(reach)
    threading.Thread(target=_work, args=(desk, function), name="agent", daemon=True).start()
    done = desk.serve(time.monotonic() + timeout_s)
    if done is None:
        raise AgentFailed("timeout", f"There was no answer within {timeout_s:g} seconds.", retryable=True)
    if isinstance(done.error, AgentFailed):
        raise done.error
    if done.error is not None:
        raise Raised(done.error)
    value: T = done.value
    return value


def _work(desk: "_Desk", function: Callable[[Reach], T]) -> None:
    try:
        desk.inbox.put(_Done(function(RemoteReach(desk))))
    except BaseException as error:  # noqa: BLE001  (even SystemExit in an agent's code must reach the waiting caller)
        desk.inbox.put(_Done(error=error))
    finally:
        # Only code that used the database by itself has opened any.
        connections.close_all()


class _Desk:
    """Where the caller sits: it fetches what the code asks for until the code is done or the time is over."""

    def __init__(self, reach: Reach | None) -> None:
        self.inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._reach = reach
        self._open = True
        self._lock = threading.Lock()

    def serve(self, until: float) -> _Done | None:
        """Answer errands and return the outcome, or None when the time is over."""
        while True:
            try:
                item = self.inbox.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                self._close()
                return None
            if isinstance(item, _Done):
                return item
            item.reply.put(self._run(item))

    def ask(self, function: Callable[[Reach], T]) -> T:
        """Let the caller's thread run a function on the reach; called from the code's thread."""
        errand = _Errand(function)
        # Locked: an errand left after the desk has closed would be waited for forever.
        with self._lock:
            if not self._open:
                raise AgentFailed("timeout", "The time of this call is over.", retryable=True)
            self.inbox.put(errand)
        done = errand.reply.get()
        if done.error is not None:
            raise done.error
        value: T = done.value
        return value

    def _run(self, errand: _Errand) -> _Done:
        if self._reach is None:
            return _Done(error=AgentFailed("no-reach", "A tool cannot read knowledge or memory."))
        try:
            return _Done(errand.function(self._reach))
        except Exception as error:  # noqa: BLE001  (it belongs to the code that asked, which decides what to do)
            return _Done(error=error)

    def _close(self) -> None:
        with self._lock:
            self._open = False
        while not self.inbox.empty():
            item = self.inbox.get()
            if isinstance(item, _Errand):
                item.reply.put(_Done(error=AgentFailed("timeout", "The time of this call is over.", retryable=True)))


class RemoteReach:
    """The reach as the code's thread sees it: every call is done by the caller's thread."""

    def __init__(self, desk: _Desk) -> None:
        self._desk = desk

    def search(self, knowledge_base: str, query: str, k: int = 5) -> list[Hit]:
        """Return the passages that answer the query best, best first."""
        return self._desk.ask(lambda reach: reach.search(knowledge_base, query, k))

    def examples(self, knowledge_base: str) -> Examples:
        """Return every labelled example of a knowledge base."""
        return self._desk.ask(lambda reach: reach.examples(knowledge_base))

    def embed(self, texts: Sequence[str], model: str = "minilm") -> Matrix:
        """Return one unit-length row for each text."""
        return self._desk.ask(lambda reach: reach.embed(texts, model))

    def recall(self, key: str) -> Json:
        """Return what was remembered under a key in this run, or None."""
        return self._desk.ask(lambda reach: reach.recall(key))

    def remember(self, key: str, value: Json, confidence: float | None = None) -> None:
        """Keep a value under a key for the other agents of this run."""
        self._desk.ask(lambda reach: reach.remember(key, value, confidence))
