"""How often an agent was right, as sure as its record makes it: what is long ago counts less.

Weights halve every 30 days and every 200 later outcomes. The mean is that of Beta(½ + s, ½ + f), Jeffreys' prior; what
autonomy and risk go by is the one-sided 95 % lower bound, so that luck and short records earn nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from coordination.engine.trust.intervals import Z95_ONE_SIDED, wilson

HALF_LIFE_DAYS: Final = 30.0
HALF_LIFE_OUTCOMES: Final = 200
# Older outcomes weigh less than a thirtieth.
MOST_OUTCOMES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Record:
    """Weighted counts of how often someone was right and wrong."""

    successes: float = 0.0
    failures: float = 0.0

    @property
    def n(self) -> float:
        """Return how many outcomes it is worth."""
        return self.successes + self.failures

    @property
    def mean(self) -> float:
        """Return the expected share of right outcomes."""
        return (0.5 + self.successes) / (1 + self.n)

    @property
    def lower(self) -> float:
        """Return what the share is at least, with 95 % confidence; 0 for an empty record."""
        return wilson(self.successes, self.n, Z95_ONE_SIDED)[0]

    @property
    def interval(self) -> tuple[float, float]:
        """Return the two-sided 95 % interval of the share."""
        return wilson(self.successes, self.n)

    def plus(self, other: "Record") -> "Record":
        """Return both together."""
        return Record(self.successes + other.successes, self.failures + other.failures)


def record_of(outcomes: Iterable[tuple[float, bool]]) -> Record:
    """Return the record that outcomes make: (age in days, whether it was right), the newest first."""
    right = wrong = 0.0
    for later, (age_days, is_right) in enumerate(outcomes):
        if later >= MOST_OUTCOMES:
            break
        weight = 0.5 ** (max(0.0, age_days) / HALF_LIFE_DAYS + later / HALF_LIFE_OUTCOMES)
        right, wrong = (right + weight, wrong) if is_right else (right, wrong + weight)
    return Record(right, wrong)


def carried(record: Record) -> Record:
    """Return what a new version inherits: the same share, worth half as much."""
    return Record(record.successes / 2, record.failures / 2)
