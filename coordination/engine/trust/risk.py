"""How much is at stake: one number from 0 to 100, and what each part of it adds.

    L = .35 (1 − reliability) + .20 novelty + .20 (1 − confidence) + .15 anomaly + .10 tainted
    I = max(money, data, people, safety) × {reversible .6, compensable .8, irreversible 1}
    B = min(1, log10(1 + affected) / 4)
    score = round(100 · (1 − (1 − I)(1 − .5 B)) · (.4 + .6 L))

L is how likely harm is, I how bad, B how far it reaches. Every share lies between 0 and 1 (clipped), the score never
falls when any of them rises, and the bands begin at 25, 50 and 75. All these numbers are an organization's tables.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import Final, Literal

from coordination.engine.trust.tables import DEFAULT, Bands, Tables

Band = Literal["low", "medium", "high", "critical"]


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
    """The score, its band, and by how many points each part raises it (largest first, zeros left out).

    `likelihood` is L alone, from 0 to 1: what outcomes can be held against.
    """

    score: int
    band: Band
    contributions: tuple[tuple[str, int], ...]
    likelihood: float = 0.0


# Each part at its harmless value: what the act would be without it. Reversibility and writing weigh the same impact.
_HARMLESS: Final = RiskInput()
PARTS: Final = tuple(field.name for field in fields(RiskInput) if field.name != "writes")


def score(known: RiskInput, tables: Tables = DEFAULT) -> Risk:
    """Return the risk of an act with its leave-one-out contributions."""
    points = _points(known, tables)
    contributions = []
    for name in PARTS:
        harmless = getattr(_HARMLESS, name)
        if getattr(known, name) != harmless and (gain := points - _points(replace(known, **{name: harmless}), tables)):
            contributions.append((name, gain))
    contributions.sort(key=lambda part: (-part[1], part[0]))
    return Risk(points, band_of(points, tables.bands), tuple(contributions), round(_likelihood(known, tables), 4))


def band_of(points: int, bands: Bands = DEFAULT.bands) -> Band:
    """Return the band of a score."""
    if points >= bands.high:
        return "critical" if points >= bands.critical else "high"
    return "medium" if points >= bands.medium else "low"


def _points(known: RiskInput, tables: Tables) -> int:
    worst = max(_share(known.money), _share(known.data), _share(known.people), _share(known.safety))
    factors = tables.reversibility
    # What only reads can at worst be seen: nothing is there to be undone.
    factor = getattr(factors, known.reversibility, 1.0) if known.writes else factors.reversible
    reach = min(1.0, math.log10(1 + max(0, known.affected)) / math.log10(tables.affected_worst))
    likely = tables.base + (1 - tables.base) * _likelihood(known, tables)
    return round(100 * (1 - (1 - worst * factor) * (1 - tables.reach * reach)) * likely)


def _likelihood(known: RiskInput, tables: Tables) -> float:
    weights = tables.weights
    return (
        weights.reliability * (1 - _share(known.reliability, unknown=0.0))
        + weights.novelty * _share(known.novelty)
        + weights.confidence * (1 - _share(known.confidence, unknown=0.0))
        + weights.anomaly * _share(known.anomaly)
        + weights.tainted * _share(known.tainted)
    )


def _share(value: float | None, unknown: float = 1.0) -> float:
    if value is None or math.isnan(value):
        return unknown
    return min(1.0, max(0.0, value))
