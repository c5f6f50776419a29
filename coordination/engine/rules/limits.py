"""So much in so long: how acts are counted for rules that limit them.

A window slides: it is kept in sixty slices, and one that lies in it only in part counts whole, so that no stretch of
time of that length ever holds more than the limit.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Measure = Literal["count", "amount", "cost"]
_SLICES = 60
_LONGEST_KEY = 200
_MEASURED = {"amount": "action.amount", "cost": "call.cost_usd"}


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` of what is measured in `per_s` seconds, for each combination of what the `by` facts say."""

    most: float
    per_s: float
    by: tuple[str, ...] = ()
    of: Measure = "count"

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the facts that are looked at."""
        return (*self.by, _MEASURED[self.of]) if self.of in _MEASURED else self.by

    def key(self, facts: Mapping[str, Any]) -> str:
        """Return which of the rule's buckets the act falls into."""
        key = " · ".join(str(facts.get(name, "")) for name in self.by)
        return key if len(key) <= _LONGEST_KEY else f"{key[:120]}… {hashlib.sha256(key.encode()).hexdigest()}"

    def takes(self, facts: Mapping[str, Any]) -> float:
        """Return how much the act takes out of its bucket; an amount that is none takes all there is."""
        if self.of == "count":
            return 1.0
        value = facts.get(_MEASURED[self.of], 0.0)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return abs(float(value)) if is_number else math.inf


@dataclass(frozen=True, slots=True, order=True)
class Bucket:
    """Where an act is counted; what a `trial` counts decides nothing."""

    policy: str
    rule: str
    key: str
    trial: int = 0


@dataclass(slots=True)
class Window:
    """What was taken lately, by slices of time: {when the slice began, in seconds since 1970: how much}."""

    slices: dict[float, float] = field(default_factory=dict)

    def used(self, limit: Limit, at: datetime) -> float:
        """Return how much of the limit is used."""
        return sum(self._late(limit, at).values())

    def take(self, limit: Limit, at: datetime, how_much: float) -> None:
        """Count an act, and forget what is too long ago to matter."""
        width = limit.per_s / _SLICES
        began = math.floor(at.timestamp() / width) * width
        self.slices = self._late(limit, at)
        self.slices[began] = self.slices.get(began, 0.0) + how_much

    def _late(self, limit: Limit, at: datetime) -> dict[float, float]:
        oldest = at.timestamp() - limit.per_s - limit.per_s / _SLICES
        return {began: taken for began, taken in self.slices.items() if began > oldest}
