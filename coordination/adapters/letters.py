"""Messages between agents, as an agent at work sends and gets them."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol, TypedDict, Unpack

from coordination.messaging.results import AgentMessage
from coordination.shared.json import Json


class Bell(Protocol):
    """Rings when there may be something new."""

    def wait(self, timeout_s: float) -> None:
        """Wait until it rings, or for so long at most; it may ring for nothing, and may not ring."""


class Sending(TypedDict, total=False):
    """What may be said about a message that is sent."""

    # The message that this one answers.
    in_reply_to: str
    # 0 to 9; the highest are read first.
    priority: int
    # Nobody is given it after so long.
    ttl_s: float
    # The same message under the same key is sent once, however often the step is tried.
    key: str


class Letters(ABC):
    """What an agent writes to others of its run, and what it is given of theirs."""

    @property
    def stopping(self) -> bool:
        """Tell whether nobody waits for this work any longer."""
        return False

    @abstractmethod
    def send(self, to: str, content: Json, performative: str = "inform", **about: Unpack[Sending]) -> str:
        """Send a message and return its identifier; policies decide, and it is on record before this returns.

        `to` is agent:NAME, role:NAME, capability:NAME, topic:NAME or all. Raises AgentFailed: policy-denied,
        too-many-messages, message-address-invalid, message-unfit.
        """

    @abstractmethod
    def reply(self, message_id: str, content: Json, performative: str = "inform") -> str:
        """Answer a message of this run, to whoever sent it; raises AgentFailed."""

    @abstractmethod
    def look(self, topics: Sequence[str] = (), limit: int = 50, in_reply_to: str = "") -> list[AgentMessage]:
        """Return what is there that was not given yet, the most urgent first, without waiting."""

    @abstractmethod
    def bell(self, topics: Sequence[str] = ()) -> Bell:
        """Return what rings when somebody writes to this agent, or on one of the topics, from now on."""

    def inbox(self, *, wait_s: float = 0.0, topics: Sequence[str] = (), limit: int = 50) -> list[AgentMessage]:
        """Return what others wrote that was not given yet, the most urgent first; waits for the first for so long."""
        return self._waited(lambda: self.look(topics, limit), wait_s, topics)

    def request(self, to: str, content: Json, *, wait_s: float = 10.0, **about: Unpack[Sending]) -> AgentMessage | None:
        """Send a request and return the first answer to it; None if there is none in time."""
        asked = self.send(to, content, "request", **about)
        found = self._waited(lambda: self.look((), 1, asked), wait_s)
        return found[0] if found else None

    def _waited(
        self, look: Callable[[], list[AgentMessage]], wait_s: float, topics: Sequence[str] = ()
    ) -> list[AgentMessage]:
        until = time.monotonic() + wait_s
        # The bell is there before the first look: what comes in between rings.
        bell = self.bell(topics) if wait_s > 0 else None
        while True:
            found = look()
            left_s = until - time.monotonic()
            if found or bell is None or left_s <= 0 or self.stopping:
                return found
            bell.wait(left_s)
