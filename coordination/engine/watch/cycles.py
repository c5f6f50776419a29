"""A run that comes back to where it was."""

from collections import OrderedDict
from dataclasses import dataclass, field

from coordination.engine.watch.signals import Finding, Signal

_KEPT = 5_000


@dataclass(slots=True)
class Cycle:
    """Finds a state that a run has come back to so that it was there `times` times."""

    times: int = 3
    _seen: OrderedDict[str, list[int]] = field(default_factory=OrderedDict)
    _state: str = ""

    def see(self, signal: Signal) -> Finding | None:
        """Take note of the state; to stay in one is not to come back to it."""
        if not signal.state or signal.state == self._state:
            return None
        self._state = signal.state
        visits = self._seen.setdefault(signal.state, [])
        self._seen.move_to_end(signal.state)
        if len(self._seen) > _KEPT:
            self._seen.popitem(last=False)
        visits.append(signal.number)
        if len(visits) < self.times:
            return None
        since = visits[0]
        visits.clear()
        return Finding(
            detector="cycle",
            remedy="pause",
            since=since,
            at=signal.number,
            agents=(signal.agent,) if signal.agent else (),
            why=f"The run is where it was for the {self.times}th time: it goes in a circle.",
            figures={"visits": self.times},
        )
