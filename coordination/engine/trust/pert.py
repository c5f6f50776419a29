"""A range of three values, as people estimate it: PERT, Beta with shape 4 around the most likely one."""

from dataclasses import dataclass
from typing import Final

SHAPE: Final = 4.0


@dataclass(frozen=True, slots=True)
class Range:
    """A least, a most likely and a greatest value, in this order."""

    low: float
    likely: float
    high: float

    @property
    def mean(self) -> float:
        """Return the expected value."""
        return (self.low + SHAPE * self.likely + self.high) / (SHAPE + 2)
