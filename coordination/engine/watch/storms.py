"""Messages that come faster and faster."""

from collections import Counter, deque
from dataclasses import dataclass, field
from math import sqrt

from coordination.engine.watch.signals import Finding, Signal

_MINUTE = 60.0


@dataclass(slots=True)
class Storm:
    """Finds an edge with more messages a minute than `most` and than usual by four deviations, or a sudden fan-out.

    What is usual is an exponentially weighted mean and variance of the minutes before.
    """

    most: int = 60
    deviations: float = 4.0
    fan_out: float = 3.0
    fewest_receivers: int = 6
    weight: float = 0.2
    _edges: dict[tuple[str, str], "_Edge"] = field(default_factory=dict)
    _fans: dict[str, "_Fan"] = field(default_factory=dict)

    def see(self, signal: Signal) -> Finding | None:
        """Take note of a message."""
        if signal.kind != "message":
            return None
        edge = self._edges.setdefault((signal.agent, signal.to), _Edge(signal.at, signal.number))
        rate = edge.count(signal, self.weight)
        usual = edge.mean + self.deviations * sqrt(edge.variance)
        if rate > self.most and rate > usual and edge.tell():
            why = f"{signal.agent} sent {signal.to or 'all'} {rate} messages in a minute; {edge.mean:.0f} are usual."
            return self._finding(signal, edge.since, (signal.agent,), why, rate)
        fan = self._fans.setdefault(signal.agent, _Fan(signal.at, signal.number))
        n_now, n_before = fan.count(signal)
        if n_now >= self.fewest_receivers and n_now > self.fan_out * max(1, n_before) and fan.tell():
            why = f"{signal.agent} writes to {n_now} at once; a minute ago it was {n_before}."
            return self._finding(signal, fan.since, (signal.agent,), why, n_now)
        return None

    def _finding(self, signal: Signal, since: int, agents: tuple[str, ...], why: str, rate: float) -> Finding:
        return Finding(
            detector="message-storm",
            remedy="pause",
            since=since,
            at=signal.number,
            agents=agents,
            why=why,
            figures={"rate": rate},
        )


@dataclass(slots=True)
class _Edge:
    begun: float
    since: int
    mean: float = 0.0
    variance: float = 0.0
    _n: int = 0
    _is_told: bool = False

    def count(self, signal: Signal, weight: float) -> int:
        """Count a message in its minute; a minute that is over becomes part of what is usual."""
        minutes = int((signal.at - self.begun) // _MINUTE)
        if minutes > 0:
            # Of a long silence only so much is remembered as the weights leave of it.
            for n in [self._n] + [0] * min(minutes - 1, 60):
                away = n - self.mean
                self.mean += weight * away
                self.variance = (1 - weight) * (self.variance + weight * away * away)
            self.begun, self.since, self._n, self._is_told = self.begun + minutes * _MINUTE, signal.number, 0, False
        self._n += 1
        return self._n

    def tell(self) -> bool:
        """Tell once a minute."""
        told, self._is_told = self._is_told, True
        return not told


@dataclass(slots=True)
class _Fan:
    begun: float
    since: int
    _now: Counter[str] = field(default_factory=Counter)
    _before: deque[int] = field(default_factory=lambda: deque([0], maxlen=1))
    _is_told: bool = False
    _is_first: bool = True

    def count(self, signal: Signal) -> tuple[int, int]:
        """Return to how many it wrote in this minute and in the one before; in the first there is none to compare."""
        minutes = int((signal.at - self.begun) // _MINUTE)
        if minutes > 0:
            self._before.append(len(self._now) if minutes == 1 else 0)
            self.begun, self.since = self.begun + minutes * _MINUTE, signal.number
            self._now, self._is_told, self._is_first = Counter(), False, False
        self._now[signal.to] += 1
        return (0 if self._is_first else len(self._now)), self._before[0]

    def tell(self) -> bool:
        """Tell once a minute."""
        told, self._is_told = self._is_told, True
        return not told
