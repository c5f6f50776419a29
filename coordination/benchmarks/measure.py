"""What a benchmark says: a value beside its baseline, measured in the same run."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure; `ratio` is value ÷ baseline, more is better, None when there is nothing to compare with."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Return how many times the baseline this is."""
        return self.value / self.baseline if self.baseline else None

    def as_json(self) -> dict[str, Any]:
        """Return the measurement as `bench --json` prints it."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "baseline": self.baseline,
            "ratio": self.ratio,
            **self.details,
        }

    def as_line(self) -> str:
        """Return the measurement for people."""
        line = f"{self.name:<28} {self.value:>10.3f} {self.unit}"
        if self.baseline is not None and self.ratio is not None:
            line += f"   baseline {self.baseline:.3f}   ratio {self.ratio:.2f}"
        told = ", ".join(f"{key} {value}" for key, value in self.details.items())
        return f"{line}   ({told})" if told else line


@dataclass(frozen=True, slots=True)
class Options:
    """What a benchmark may be told: where data sets lie, and how much of them to use (0 is all)."""

    data: Path | None = None
    sample: int = 0


Benchmark = Callable[[Options], Iterable[Measurement]]
