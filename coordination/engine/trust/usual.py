"""What is usual: how new an act is to who does it, and how far its amount is from what it mostly is."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# So many acts of a kind make the next one half as new.
_HALF_NEW: Final = 5
# Before so many amounts, nothing is unusual.
MIN_AMOUNTS: Final = 20
# An amount that many deviations above the usual begins to stand out; so many more, and it stands out entirely.
_STANDS_OUT: Final = 2.0
_ENTIRELY: Final = 4.0
# Amounts that are all alike deviate by a little all the same: a tenth more is nothing.
_LEAST_DEVIATION: Final = 0.1


@dataclass(frozen=True, slots=True)
class Habit:
    """How often someone did something, and the logarithms of the amounts it moved."""

    n: int = 0
    n_amounts: int = 0
    mean: float = 0.0
    deviation: float = 0.0

    @property
    def novelty(self) -> float:
        """Return how new one more is: 1 for the first, ½ for the sixth, falling for ever."""
        return 1 / (1 + self.n / _HALF_NEW)

    def anomaly(self, amount: float) -> float:
        """Return how far above the usual an amount is, from 0 to 1; smaller ones are no danger."""
        if self.n_amounts < MIN_AMOUNTS or amount <= 0:
            return 0.0
        if math.isinf(amount):
            return 1.0
        away = (math.log1p(amount) - self.mean) / max(self.deviation, _LEAST_DEVIATION)
        return min(1.0, max(0.0, (away - _STANDS_OUT) / _ENTIRELY))


NOTHING: Final = Habit()


def habit_of(n: int, amounts: Iterable[float]) -> Habit:
    """Return the habit that so many acts, and the amounts of those that moved one, make."""
    logs = [math.log1p(amount) for amount in amounts if amount > 0 and math.isfinite(amount)]
    if not logs:
        return Habit(n)
    mean = sum(logs) / len(logs)
    return Habit(n, len(logs), mean, math.sqrt(sum((one - mean) ** 2 for one in logs) / len(logs)))
