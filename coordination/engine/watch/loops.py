"""The same call with the same arguments, again and again, while nothing changes."""

from collections import deque
from dataclasses import dataclass, field

from coordination.engine.watch.signals import Finding, Signal


@dataclass(slots=True)
class ExactLoop:
    """Finds `times` equal calls of one agent within its last `among`, all in the same state."""

    times: int = 3
    among: int = 10
    _last: dict[str, deque[Signal]] = field(default_factory=dict)

    def see(self, signal: Signal) -> Finding | None:
        """Take note of a call."""
        if signal.kind != "call":
            return None
        recent = self._last.setdefault(signal.agent, deque(maxlen=self.among))
        recent.append(signal)
        alike = [one for one in recent if (one.content, one.state) == (signal.content, signal.state)]
        if len(alike) < self.times:
            return None
        recent.clear()
        return Finding(
            detector="exact-loop",
            remedy="pause",
            since=alike[0].number,
            at=signal.number,
            agents=(signal.agent,),
            why=f"{signal.agent} made the same call {len(alike)} times and nothing changed in between.",
            figures={"times": len(alike)},
        )
