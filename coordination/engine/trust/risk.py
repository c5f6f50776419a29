"""How much is at stake: one number from 0 to 100, and what each part of it adds.

    L = .35 (1 − reliability) + .20 novelty + .20 (1 − confidence) + .15 anomaly + .10 tainted
    I = max(money, data, people, safety) × {reversible .6, compensable .8, irreversible 1}
    B = min(1, log10(1 + affected) / 4)
    score = round(100 · (1 − (1 − I)(1 − .5 B)) · (.4 + .6 L))

L is how likely harm is, I how bad, B how far it reaches. Every share lies between 0 and 1 (clipped), the score never
falls when any of them rises, and the bands begin at 25, 50 and 75.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import Final, Literal

Reversibility = Literal["reversible", "compensable", "irreversible"]
Band = Literal["low", "medium", "high", "critical"]

_REVERSIBILITY: Final[dict[str, float]] = {"reversible": 0.6, "compensable": 0.8, "irreversible": 1.0}
_BANDS: Final[tuple[tuple[int, Band], ...]] = ((75, "critical"), (50, "high"), (25, "medium"), (0, "low"))


@dataclass(frozen=True, slots=True)
class RiskInput:
    """What is known about an act; None means nothing is known, which counts as the worst.

    `reliability` is the lower confidence bound of how often the agent is right, `confidence` its calibrated own view,
    `affected` a number of people or records. The defaults are those of an act without any risk.
    """

    reliability: float | None = 1.0
    novelty: float = 0.0
    confidence: float | None = 1.0
    anomaly: float = 0.0
    tainted: float = 0.0
    money: float = 0.0
    data: float = 0.0
    people: float = 0.0
    safety: float = 0.0
    reversibility: str = "reversible"
    writes: bool = True
    affected: int = 0


@dataclass(frozen=True, slots=True)
class Risk:
    """The score, its band, and by how many points each part raises it (largest first, zeros left out)."""

    score: int
    band: Band
    contributions: tuple[tuple[str, int], ...]


# Each part at its harmless value: what the act would be without it. Reversibility and writing weigh the same impact.
_HARMLESS: Final = RiskInput()
_PARTS: Final = tuple(field.name for field in fields(RiskInput) if field.name != "writes")


def score(known: RiskInput) -> Risk:
    """Return the risk of an act with its leave-one-out contributions."""
    points = _points(known)
    without = ((name, points - _points(replace(known, **{name: getattr(_HARMLESS, name)}))) for name in _PARTS)
    contributions = sorted(((name, gain) for name, gain in without if gain), key=lambda part: (-part[1], part[0]))
    return Risk(points, band_of(points), tuple(contributions))


def band_of(points: int) -> Band:
    """Return the band of a score."""
    return next(band for floor, band in _BANDS if points >= floor)


def _points(known: RiskInput) -> int:
    likelihood = (
        0.35 * (1 - _share(known.reliability, unknown=0.0))
        + 0.20 * _share(known.novelty)
        + 0.20 * (1 - _share(known.confidence, unknown=0.0))
        + 0.15 * _share(known.anomaly)
        + 0.10 * _share(known.tainted)
    )
    worst = max(_share(known.money), _share(known.data), _share(known.people), _share(known.safety))
    # What only reads can at worst be seen: nothing is there to be undone.
    reversibility = _REVERSIBILITY.get(known.reversibility, 1.0) if known.writes else _REVERSIBILITY["reversible"]
    reach = min(1.0, math.log10(1 + max(0, known.affected)) / 4)
    return round(100 * (1 - (1 - worst * reversibility) * (1 - 0.5 * reach)) * (0.4 + 0.6 * likelihood))


def _share(value: float | None, unknown: float = 1.0) -> float:
    if value is None or math.isnan(value):
        return unknown
    return min(1.0, max(0.0, value))
