"""Money that burns faster than the budget lasts: the rates over a long and a short window must both say so."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from coordination.engine.watch.signals import Finding, Signal

_HOUR = 3600.0
# How many times faster than evenly over the budget's period: over the long window, and still over the short one.
WINDOWS: Final = ((14.4, _HOUR, _HOUR / 12), (6.0, 6 * _HOUR, _HOUR / 2))


@dataclass(slots=True)
class CostRunaway:
    """Finds spending that would use up a budget for `period` seconds many times too fast."""

    budget: float
    period: float = 30 * 24 * _HOUR
    _spent: deque[tuple[float, float, int]] = field(default_factory=deque)
    _told: set[float] = field(default_factory=set)

    def see(self, signal: Signal) -> Finding | None:
        """Take note of what something cost."""
        if signal.cost <= 0 or self.budget <= 0:
            return None
        self._spent.append((signal.at, signal.cost, signal.number))
        while self._spent[0][0] < signal.at - 6 * _HOUR:
            self._spent.popleft()
        for times, long, short in WINDOWS:
            rates = self._rate(signal.at, long), self._rate(signal.at, short)
            if min(rates) <= times:
                self._told.discard(times)
            elif times not in self._told:
                self._told.add(times)
                return self._finding(signal, times, long, min(rates))
        return None

    def _rate(self, now: float, window: float) -> float:
        """Return how many times faster than evenly it was spent within a window."""
        spent = sum(cost for at, cost, _ in self._spent if at > now - window)
        return spent / (self.budget * window / self.period)

    def _finding(self, signal: Signal, times: float, window: float, rate: float) -> Finding:
        since = next(number for at, _, number in self._spent if at > signal.at - window)
        return Finding(
            detector="cost-runaway",
            remedy="pause",
            since=since,
            at=signal.number,
            agents=(signal.agent,) if signal.agent else (),
            why=f"Money is spent {rate:.0f} times as fast as the budget lasts; {times:g} times is too fast.",
            figures={"rate": rate},
        )
