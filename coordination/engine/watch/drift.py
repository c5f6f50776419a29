"""Rates and inputs that are not what they were.

ADWIN: Bifet and Gavaldà, SIAM Data Mining 2007. PSI and the Kolmogorov–Smirnov test compare two samples.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, log, sqrt

from coordination.engine.watch.signals import Finding, Signal

# From here on a population stability index means that the inputs are others.
SHIFTED = 0.2
_SMALLEST_SHARE = 1e-4


@dataclass(slots=True)
class Adwin:
    """Keeps a window of values between 0 and 1 and drops its older part when the newer one differs for certain.

    `delta` bounds false alarms: the cut is Bernstein's bound, over every place where the window could be cut. Looking
    for one takes as long as the window is, so that it is done for every eighth value only.
    """

    delta: float = 0.002
    most: int = 1_000
    every: int = 8
    _n: int = 0
    _window: deque[float] = field(default_factory=deque)

    def add(self, value: float) -> tuple[float, float] | None:
        """Take a value; return the means before and after a change, if there was one."""
        self._window.append(min(1.0, max(0.0, value)))
        if len(self._window) > self.most:
            self._window.popleft()
        self._n += 1
        changed = None
        while self._n % self.every == 0 and (found := self._cut()) is not None:
            at, before, after = found
            changed = (changed[0] if changed else before, after)
            for _ in range(at):
                self._window.popleft()
        return changed

    @property
    def mean(self) -> float:
        """Return the mean of what is in the window."""
        return sum(self._window) / len(self._window) if self._window else 0.0

    def _cut(self) -> tuple[int, float, float] | None:
        n = len(self._window)
        if n < 20:
            return None
        values = list(self._window)
        mean = sum(values) / n
        variance = sum((value - mean) ** 2 for value in values) / n
        within = log(2 * log(n) / self.delta)
        before = 0.0
        for at in range(1, n - 4):
            before += values[at - 1]
            if at < 5:
                continue
            smaller = 1 / (1 / at + 1 / (n - at))
            away = abs(before / at - (n * mean - before) / (n - at))
            if away > sqrt(2 / smaller * variance * within) + 2 / (3 * smaller) * within:
                return at, before / at, (n * mean - before) / (n - at)
        return None


@dataclass(slots=True)
class OutcomeDrift:
    """Finds an agent that is right more or less often than it was."""

    delta: float = 0.002
    _rates: dict[str, Adwin] = field(default_factory=dict)

    def see(self, signal: Signal) -> Finding | None:
        """Take note of whether an agent's work turned out well."""
        if signal.kind != "outcome" or not signal.agent:
            return None
        changed = self._rates.setdefault(signal.agent, Adwin(self.delta)).add(float(signal.is_ok))
        if changed is None:
            return None
        before, after = changed
        return Finding(
            detector="drift",
            remedy="warn" if after > before else "pause",
            since=signal.number,
            at=signal.number,
            agents=(signal.agent,),
            why=f"{signal.agent} turned out well in {before:.0%} of cases and now does in {after:.0%}.",
            figures={"before": before, "after": after},
        )


def stability_index(before: Sequence[float], after: Sequence[float], bins: int = 10) -> float:
    """Return the population stability index of two samples, over equal shares of the one before."""
    ordered = sorted(before)
    edges = [ordered[len(ordered) * at // bins] for at in range(1, bins)]

    def shares(values: Sequence[float]) -> list[float]:
        counted = [0] * bins
        for value in values:
            counted[bisect_right(edges, value)] += 1
        return [max(_SMALLEST_SHARE, n / len(values)) for n in counted]

    return sum((a - b) * log(a / b) for b, a in zip(shares(before), shares(after), strict=True))


def kolmogorov_smirnov(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """Return the largest distance between two samples' distributions, and how likely chance makes it as large."""
    one, other = sorted(before), sorted(after)
    away = max(
        abs(bisect_right(one, value) / len(one) - bisect_right(other, value) / len(other)) for value in {*one, *other}
    )
    n = sqrt(len(one) * len(other) / (len(one) + len(other)))
    x = (n + 0.12 + 0.11 / n) * away
    chance = 2 * sum((-1) ** (k - 1) * exp(-2 * (k * x) ** 2) for k in range(1, 101)) if x > 0.2 else 1.0
    return away, min(1.0, max(0.0, chance))
