"""Two agents hand the same thing back and forth and nothing comes of it."""

from collections import deque
from dataclasses import dataclass, field

from coordination.engine.watch.signals import Finding, Signal


@dataclass(slots=True)
class PingPong:
    """Finds `turns` messages that go only between two agents, in turn, with nothing new made in between."""

    turns: int = 6
    _last: deque[Signal] = field(default_factory=deque)

    def see(self, signal: Signal) -> Finding | None:
        """Take note of a message, or of something new."""
        if signal.artefact or signal.kind == "progress":
            self._last.clear()
            return None
        if signal.kind != "message":
            return None
        before = self._last[-1] if self._last else None
        if before is not None and not _answers(signal, before):
            self._last.clear()
        self._last.append(signal)
        if len(self._last) < self.turns:
            return None
        since = self._last[0].number
        self._last.clear()
        return Finding(
            detector="ping-pong",
            remedy="pause",
            since=since,
            at=signal.number,
            agents=tuple(sorted((signal.agent, before.agent if before else signal.to))),
            why=f"{signal.agent} and {signal.to or (before.agent if before else '')} have answered each other "
            f"{self.turns} times and made nothing new.",
            figures={"turns": self.turns},
        )


def _answers(signal: Signal, before: Signal) -> bool:
    """Tell whether a message answers the one before it."""
    if signal.agent == before.agent:
        return False
    return (not signal.to or signal.to == before.agent) and (not before.to or before.to == signal.agent)
