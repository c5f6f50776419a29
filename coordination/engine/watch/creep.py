"""An agent that begins to use what it never used."""

from collections import deque
from dataclasses import dataclass, field

from coordination.engine.watch.signals import Finding, Signal

_DAY = 86_400.0


@dataclass(slots=True)
class PrivilegeCreep:
    """Finds a capability or tool that an agent uses and has not used in the `baseline` days before the last `recent`.

    An agent that is newer than that has no habits yet: nothing is found about it.
    """

    recent: float = 7.0
    baseline: float = 90.0
    _used: dict[str, deque[tuple[float, str]]] = field(default_factory=dict)
    _first: dict[str, float] = field(default_factory=dict)
    _told: dict[tuple[str, str], float] = field(default_factory=dict)

    def see(self, signal: Signal) -> Finding | None:
        """Take note of what a call used: `content` names it."""
        if signal.kind != "call" or not signal.content:
            return None
        used = self._used.setdefault(signal.agent, deque())
        self._first.setdefault(signal.agent, signal.at)
        while used and used[0][0] < signal.at - (self.recent + self.baseline) * _DAY:
            used.popleft()
        habits = {what for at, what in used if at <= signal.at - self.recent * _DAY}
        if not used or (signal.at, signal.content) != used[-1]:
            used.append((signal.at, signal.content))
        is_known = self._first[signal.agent] <= signal.at - self.recent * _DAY
        told = self._told.get((signal.agent, signal.content), -1e18)
        if not is_known or signal.content in habits or signal.at - told < self.recent * _DAY:
            return None
        self._told[signal.agent, signal.content] = signal.at
        return Finding(
            detector="privilege-creep",
            remedy="warn",
            since=signal.number,
            at=signal.number,
            agents=(signal.agent,),
            why=f"{signal.agent} uses {signal.content}, which it has not used in {self.baseline:.0f} days.",
        )
