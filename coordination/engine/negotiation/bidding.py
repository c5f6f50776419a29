"""A party that can take jobs: it alone knows what each costs it, how much room each takes, and how much it has."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True, slots=True)
class Offer:
    """What a party would do: take a job, perhaps for one of its own that it gives up, for so much more or less cost."""

    job: str
    instead_of: str
    cost: float


class Party(Protocol):
    """What the mediator may ask of a party; each call is one message there and one back."""

    @property
    def name(self) -> str:
        """Return what the party is called."""

    def wanted(self, rewards: Mapping[str, float]) -> list[str]:
        """Return the jobs that are worth most to the party if each earns this, and that it has room for together."""

    def offers(self, held: Iterable[str], jobs: Iterable[str]) -> list[Offer]:
        """Return all ways to take one of these jobs while it holds those, alone or in exchange for one of its own."""

    def costs(self, jobs: Iterable[str]) -> dict[str, float]:
        """Return what jobs cost it that were awarded to it."""


@dataclass(frozen=True, slots=True)
class Bidder:
    """A party that bids what jobs cost it."""

    name: str
    cost: Mapping[str, float]
    use: Mapping[str, int]
    capacity: int

    def wanted(self, rewards: Mapping[str, float]) -> list[str]:
        """Return the most valuable jobs that fit together: a knapsack, solved exactly."""
        worth = [
            (job, reward - self.cost[job])
            for job, reward in rewards.items()
            if job in self.cost and reward > self.cost[job] and self.use[job] <= self.capacity
        ]
        best = np.zeros(self.capacity + 1)
        taken = np.zeros((len(worth), self.capacity + 1), dtype=bool)
        for row, (job, value) in enumerate(worth):
            use = self.use[job]
            with_it = best[: self.capacity + 1 - use] + value
            taken[row, use:] = with_it > best[use:]
            best[use:] = np.maximum(best[use:], with_it)
        return list(self._traced(taken, [job for job, _ in worth]))

    def offers(self, held: Iterable[str], jobs: Iterable[str]) -> list[Offer]:
        """Return all ways to take one of these jobs beside those it holds."""
        own = list(held)
        room = self.capacity - sum(self.use[job] for job in own)
        found = []
        for job in jobs:
            if job not in self.cost or job in own:
                continue
            if self.use[job] <= room:
                found.append(Offer(job, "", self.cost[job]))
            found += [
                Offer(job, other, self.cost[job] - self.cost[other])
                for other in own
                if self.use[job] <= room + self.use[other]
            ]
        return found

    def costs(self, jobs: Iterable[str]) -> dict[str, float]:
        """Return what jobs cost it."""
        return {job: self.cost[job] for job in jobs}

    def _traced(self, taken: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]", jobs: list[str]) -> Iterator[str]:
        left = self.capacity
        for row in reversed(range(len(jobs))):
            if taken[row, left]:
                yield jobs[row]
                left -= self.use[jobs[row]]
