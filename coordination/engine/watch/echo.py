"""Agents that always agree with each other, and votes in which nobody differs while the results get worse."""

from collections import Counter, deque
from dataclasses import dataclass, field
from math import log2

from coordination.engine.watch.signals import Finding, Signal


@dataclass(slots=True)
class Collusion:
    """Finds a pair that approves of each other in more than `share` of at least `fewest` judgements, both ways."""

    share: float = 0.95
    fewest: int = 30
    _judged: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    _told: set[frozenset[str]] = field(default_factory=set)

    def see(self, signal: Signal) -> Finding | None:
        """Take note of a judgement of one agent about another's work."""
        if signal.kind != "vote" or not signal.to or signal.to == signal.agent:
            return None
        n, approved = self._judged.get((signal.agent, signal.to), (0, 0))
        self._judged[signal.agent, signal.to] = n + 1, approved + signal.is_ok
        there = self._judged[signal.agent, signal.to]
        back = self._judged.get((signal.to, signal.agent), (0, 0))
        pair = frozenset((signal.agent, signal.to))
        n_both = there[0] + back[0]
        if n_both < self.fewest or not back[0] or pair in self._told:
            return None
        if min(there[1] / there[0], back[1] / back[0]) <= self.share:
            return None
        self._told.add(pair)
        return Finding(
            detector="collusion",
            remedy="warn",
            since=0,
            at=signal.number,
            agents=tuple(sorted(pair)),
            why=f"{signal.agent} and {signal.to} approved of each other {there[1] + back[1]} times of {n_both}.",
            figures={"n": n_both, "share": (there[1] + back[1]) / n_both},
        )


@dataclass(slots=True)
class Echo:
    """Finds votes that hardly differ (`entropy` below, in bits) while outcomes fail more often than before."""

    entropy: float = 0.2
    window: int = 30
    _votes: deque[str] = field(default_factory=deque)
    _outcomes: deque[bool] = field(default_factory=deque)

    def see(self, signal: Signal) -> Finding | None:
        """Take note of a vote or of an outcome."""
        if signal.kind == "vote":
            self._votes.append(signal.content)
            if len(self._votes) > self.window:
                self._votes.popleft()
        if signal.kind != "outcome":
            return None
        self._outcomes.append(signal.is_ok)
        if len(self._outcomes) > 2 * self.window:
            self._outcomes.popleft()
        if len(self._votes) < self.window or len(self._outcomes) < 2 * self.window:
            return None
        before, lately = list(self._outcomes)[: self.window], list(self._outcomes)[self.window :]
        found, worse = entropy_of(self._votes), before.count(True) - lately.count(True)
        if found >= self.entropy or worse <= 0:
            return None
        self._outcomes.clear()
        return Finding(
            detector="echo",
            remedy="warn",
            since=0,
            at=signal.number,
            agents=(),
            why=f"Voters hardly differ ({found:.2f} bits), and {worse} more of {self.window} outcomes failed.",
            figures={"entropy": found, "worse": worse},
        )


def entropy_of(votes: "deque[str]") -> float:
    """Return how much votes differ, in bits."""
    counted = Counter(votes)
    whole = counted.total()
    return -sum(n / whole * log2(n / whole) for n in counted.values()) if whole else 0.0
