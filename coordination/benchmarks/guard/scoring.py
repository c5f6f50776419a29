"""Shares with their Wilson intervals, and what each rule held rightly and wrongly."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

_Z: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    n: int

    @classmethod
    def of(cls, cases: Iterable[bool]) -> "Share":
        """Return how many of the cases are true."""
        seen = list(cases)
        return cls(sum(seen), len(seen))

    @property
    def value(self) -> float:
        """Return the share, 0 of nothing."""
        return self.hits / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return Wilson's 95 % interval, from which the true share is seldom far even for few cases."""
        if not self.n:
            return 0.0, 1.0
        share, spread = self.value, _Z**2 / self.n
        middle = (share + spread / 2) / (1 + spread)
        half = _Z * math.sqrt(share * (1 - share) / self.n + spread / (4 * self.n)) / (1 + spread)
        return max(0.0, middle - half), min(1.0, middle + half)

    def as_details(self) -> dict[str, Any]:
        """Return what a measurement says about a share besides its value."""
        low, high = self.interval
        return {"of": self.n, "hits": self.hits, "interval": f"{low:.3f}–{high:.3f}"}

    def __str__(self) -> str:
        """Say it as in "228/249 = 0.916 (0.87–0.94)"."""
        low, high = self.interval
        return f"{self.hits}/{self.n} = {self.value:.3f} ({low:.2f}–{high:.2f})"


@dataclass(slots=True)
class ByRule:
    """How often each rule spoke against what was wrong, and against what was right."""

    wrong: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)

    def add(self, rules: Iterable[str], *, is_wrong: bool) -> None:
        """Count one case."""
        (self.wrong if is_wrong else self.right).update(rules)

    def shares(self, leave_out: frozenset[str] = frozenset()) -> list[tuple[str, Share]]:
        """Return how much of what each rule spoke against was wrong, those that spoke most often first."""
        total = self.wrong + self.right
        ordered = sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))
        return [(rule, Share(self.wrong[rule], count)) for rule, count in ordered if rule not in leave_out]
