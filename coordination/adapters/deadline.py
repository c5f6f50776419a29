"""Run an agent's code within its time: nobody waits longer than agreed, whatever the code does.

The code runs in a daemon thread, which takes the next call when it is done. Code that was given up keeps its thread for
as long as it hangs, but it can reach nothing any more. What it reaches for (knowledge, memory) is fetched as an errand,
so that a thread that hangs holds no database connection.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Generic, TypeVar, Unpack

from django.db import connections

from coordination.adapters.letters import Bell, Letters, Sending
from coordination.adapters.ports import About, AgentFailed, AgentMessage, Examples, Hit, Matrix, Reach, Turn
from coordination.shared.json import Json

T = TypeVar("T")

# Code that looks now and then whether it is still wanted may take so long beyond its time.
_GRACE_S = 5.0


class Call(Generic[T]):
    """One piece of code on its way: it ends once, by what it returns or raises, or by being given up."""

    def __init__(
        self,
        function: Callable[[Reach], T],
        reach: Reach | None,
        ended: "Callable[[Call[T]], None]",
        errands: "Callable[[_Errand], None] | None" = None,
        late: "Callable[[Call[T]], None] | None" = None,
        timeout_s: float = 0.0,
    ) -> None:
        """Prepare it: `errands` takes them (None: the code's own thread), `timeout_s` is what the code may take.

        `ended` is told when the code is done, and `late` in its place once it was given up, both by the code's thread.
        """
        self._until = time.monotonic() + timeout_s
        self._function, self._reach, self._ended, self._late = function, reach, ended, late
        self._errands = errands
        self._lock = threading.Lock()
        self._open = True
        self.stopping = threading.Event()
        self._value: T | None = None
        self._error: BaseException | None = None

    def give_up(self) -> bool:
        """End the call for everyone but its own code; False if it had ended already."""
        self.stopping.set()
        with self._lock:
            was_open, self._open = self._open, False
            if was_open:
                _given_up[self] = self._until + _GRACE_S
        return was_open

    def ask(self, function: Callable[[Reach], Any]) -> Any:
        """Return what an errand brings; raises AgentFailed when the call's time is over."""
        errand = _Errand(function, self._reach)
        # Locked: an errand left with someone who has gone home would be waited for forever.
        with self._lock:
            if not self._open:
                raise _over()
            if self._errands is not None:
                self._errands(errand)
        if self._errands is None:
            errand.run()
            connections.close_all()
        return errand.reply.get().outcome()

    def result(self) -> T:
        """Return what the code returned, or raise what it raised."""
        value: T = _Reply(self._value, self._error).outcome()
        return value

    def work(self) -> None:
        """Run the code; the first to end it tells."""
        value, error = None, None
        try:
            value = self._function(RemoteReach(self))
        except BaseException as raised:  # noqa: BLE001  (even SystemExit in an agent's code must reach who waits)
            error = raised
        # Only code that used the database by itself has opened any.
        connections.close_all()
        with self._lock:
            is_late, self._open = not self._open, False
            _given_up.pop(self, None)
        self._value, self._error = value, error
        if not is_late:
            self._ended(self)
        elif self._late is not None:
            self._late(self)
            connections.close_all()


# Calls that were given up while their code still runs, and by when it should have ended at the latest.
_given_up: dict[Call[Any], float] = {}


def n_hanging() -> int:
    """Return how many calls of this process run on long after their time: nobody can stop them."""
    moment = time.monotonic()
    return sum(until <= moment for until in list(_given_up.values()))


class Crew:
    """Threads that run calls: one that is free takes the next, and there are as many as calls at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: deque[SimpleQueue[Call[Any]]] = deque()
        self._n_threads = 0

    def start(self, call: Call[Any]) -> None:
        """Let a thread run the call."""
        with self._lock:
            desk = self._free.pop() if self._free else None
            if desk is None:
                self._n_threads += 1
        if desk is None:
            desk = SimpleQueue()
            threading.Thread(target=self._serve, args=(desk,), name="agent", daemon=True).start()
        desk.put(call)

    def _serve(self, desk: "SimpleQueue[Call[Any]]") -> None:
        while True:
            desk.get().work()
            with self._lock:
                self._free.append(desk)


def within(timeout_s: float, reach: Reach | None, function: Callable[[Reach], T]) -> T:
    """Return what the function returns, given a reach; the caller's thread runs its errands.

    Raises AgentFailed("timeout") when its time is over, and whatever the function raises.
    """
    inbox: SimpleQueue[Call[T] | _Errand] = SimpleQueue()
    call = Call(function, reach, inbox.put, inbox.put, timeout_s=timeout_s)
    threading.Thread(target=call.work, name="agent", daemon=True).start()
    until = time.monotonic() + timeout_s
    while True:
        try:
            item = inbox.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            if call.give_up():
                _refuse_all(inbox)
                raise out_of_time(timeout_s) from None
            continue
        if isinstance(item, Call):
            return item.result()
        item.run()


def out_of_time(timeout_s: float) -> AgentFailed:
    """Return the failure of a call that did not answer in time."""
    return AgentFailed("timeout", f"There was no answer within {timeout_s:g} seconds.", retryable=True)


@dataclass(slots=True)
class _Reply:
    value: Any = None
    error: BaseException | None = None

    def outcome(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


@dataclass(slots=True)
class _Errand:
    """Something to fetch for the code; the answer goes into `reply`."""

    function: Callable[[Reach], Any]
    reach: Reach | None
    reply: "SimpleQueue[_Reply]" = field(default_factory=SimpleQueue)

    def run(self) -> None:
        if self.reach is None:
            self.reply.put(_Reply(error=AgentFailed("no-reach", "A tool cannot read knowledge or memory.")))
            return
        try:
            self.reply.put(_Reply(self.function(self.reach)))
        except Exception as error:  # noqa: BLE001  (it belongs to the code that asked, which decides what to do)
            self.reply.put(_Reply(error=error))


def _refuse_all(inbox: "SimpleQueue[Any]") -> None:
    while not inbox.empty():
        item = inbox.get()
        if isinstance(item, _Errand):
            item.reply.put(_Reply(error=_over()))


def _over() -> AgentFailed:
    return AgentFailed("timeout", "The time of this call is over.", retryable=True)


class RemoteReach:
    """The reach as the code sees it: every use of it is an errand."""

    def __init__(self, call: Call[Any]) -> None:
        self._call = call

    @property
    def stopping(self) -> bool:
        """Tell whether nobody waits for this work any longer: a person cancelled it, or its time is over."""
        return self._call.stopping.is_set()

    @property
    def letters(self) -> Letters:
        """Return the messages between this agent and others of its run."""
        return RemoteLetters(self._call)

    def search(self, knowledge_base: str, query: str, k: int = 5) -> list[Hit]:
        """Return the passages that answer the query best, best first."""
        found: list[Hit] = self._call.ask(lambda reach: reach.search(knowledge_base, query, k))
        return found

    def examples(self, knowledge_base: str) -> Examples:
        """Return every labelled example of a knowledge base."""
        found: Examples = self._call.ask(lambda reach: reach.examples(knowledge_base))
        return found

    def embed(self, texts: Sequence[str], model: str = "minilm") -> Matrix:
        """Return one unit-length row for each text."""
        rows: Matrix = self._call.ask(lambda reach: reach.embed(texts, model))
        return rows

    def recall(self, key: str, namespace: str = "run") -> Json:
        """Return what is remembered under a key, or None."""
        value: Json = self._call.ask(lambda reach: reach.recall(key, namespace))
        return value

    def remember(
        self, key: str, value: Json, confidence: float | None = None, *, namespace: str = "run", **about: Unpack[About]
    ) -> int:
        """Keep a value under a key and return its version."""
        number: int = self._call.ask(lambda reach: reach.remember(key, value, confidence, namespace=namespace, **about))
        return number

    def history(self, tokens: int = 1_000) -> list[Turn]:
        """Return what the steps before this one came to."""
        turns: list[Turn] = self._call.ask(lambda reach: reach.history(tokens))
        return turns

    def conversation(self, name: str, tokens: int = 1_000) -> list[Turn]:
        """Return the newest turns of a conversation."""
        turns: list[Turn] = self._call.ask(lambda reach: reach.conversation(name, tokens))
        return turns

    def say(self, conversation: str, text: str, author: str = "") -> None:
        """Add a turn to a conversation."""
        self._call.ask(lambda reach: reach.say(conversation, text, author))


class RemoteLetters(Letters):
    """The letters as the code sees them: each use is an errand, and waiting is done in between."""

    def __init__(self, call: Call[Any]) -> None:
        self._call = call

    @property
    def stopping(self) -> bool:
        """Tell whether nobody waits for this work any longer."""
        return self._call.stopping.is_set()

    def send(self, to: str, content: Json, performative: str = "inform", **about: Unpack[Sending]) -> str:
        """Send a message and return its identifier."""
        message_id: str = self._call.ask(lambda reach: reach.letters.send(to, content, performative, **about))
        return message_id

    def reply(self, message_id: str, content: Json, performative: str = "inform") -> str:
        """Answer a message of this run."""
        answer_id: str = self._call.ask(lambda reach: reach.letters.reply(message_id, content, performative))
        return answer_id

    def look(self, topics: Sequence[str] = (), limit: int = 50, in_reply_to: str = "") -> list[AgentMessage]:
        """Return what is there that was not given yet."""
        found: list[AgentMessage] = self._call.ask(lambda reach: reach.letters.look(topics, limit, in_reply_to))
        return found

    def bell(self, topics: Sequence[str] = ()) -> Bell:
        """Return what rings when somebody writes to this agent."""
        bell: Bell = self._call.ask(lambda reach: reach.letters.bell(topics))
        return bell
