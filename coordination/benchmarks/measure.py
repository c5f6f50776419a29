"""What a benchmark says: a value beside its baseline, measured in the same run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure; `ratio` is value ÷ baseline, more is better, None when there is nothing to compare with.

    `notes` are sentences that belong to it, each printed in a line of its own.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()

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
            **({"notes": [*self.notes]} if self.notes else {}),
        }

    def as_line(self) -> str:
        """Return the measurement for people."""
        line = f"{self.name:<28} {self.value:>10.3f} {self.unit}"
        if self.baseline is not None and self.ratio is not None:
            line += f"   baseline {self.baseline:.3f}   ratio {self.ratio:.2f}"
        told = ", ".join(f"{key} {value}" for key, value in self.details.items())
        return "\n".join([f"{line}   ({told})" if told else line, *(f"    {note}" for note in self.notes)])


@dataclass(frozen=True, slots=True)
class Options:
    """What a benchmark may be told: where data sets lie, and how much of them to use (0 is all)."""

    data: Path | None = None
    sample: int = 0


Benchmark = Callable[[Options], Iterable[Measurement]]
