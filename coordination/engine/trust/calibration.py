"""Did things happen as often as was said? Brier score, reliability diagram, and a correction by Platt's method.

Sources: G. W. Brier, "Verification of Forecasts Expressed in Terms of Probability", Monthly Weather Review 78(1), 1950.
J. Platt, "Probabilistic Outputs for Support Vector Machines", Advances in Large Margin Classifiers, 1999; fitted as in
H.-T. Lin et al., "A Note on Platt's Probabilistic Outputs for Support Vector Machines", Machine Learning 68, 2007.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from coordination.engine.trust.intervals import Z95, wilson
from coordination.engine.trust.reliability import Record

# Fewer cases, or fewer of either kind, say nothing about how well forecasts fit.
MIN_CASES: Final = 100
MIN_OF_EACH: Final = 10
N_BINS: Final = 10
_CERTAIN: Final = 1e-6

Forecast = tuple[float, bool]


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts of about the same height: what they said, and how often it happened."""

    low: float
    high: float
    n: int
    said: float
    happened: float
    happened_low: float
    happened_high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well forecasts fit; without enough cases only the counts mean something.

    `skill` is what they save of the Brier score of always saying the base rate: 1 is perfect, 0 no better.
    """

    n: int
    n_happened: int
    said: float
    happened_low: float
    happened_high: float
    brier: float
    brier_low: float
    brier_high: float
    base_brier: float
    skill: float | None
    gap: float
    bins: tuple[Bin, ...]

    @property
    def happened(self) -> float:
        """Return how often it happened."""
        return self.n_happened / self.n if self.n else 0.0

    @property
    def is_enough(self) -> bool:
        """Tell whether there are cases enough to say anything."""
        return self.n >= MIN_CASES and min(self.n_happened, self.n - self.n_happened) >= MIN_OF_EACH


def calibrate(forecasts: Sequence[Forecast], n_bins: int = N_BINS) -> Calibration:
    """Hold forecasts (from 0 to 1) against what happened."""
    n, n_happened = len(forecasts), sum(happened for _, happened in forecasts)
    if not n:
        return Calibration(0, 0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, None, 0.0, ())
    errors = [(said - happened) ** 2 for said, happened in forecasts]
    brier, rate = sum(errors) / n, n_happened / n
    half = Z95 * math.sqrt(sum((error - brier) ** 2 for error in errors) / n / n)
    base = rate * (1 - rate)
    low, high = wilson(n_happened, n)
    bins = _bins(forecasts, n_bins)
    return Calibration(
        n,
        n_happened,
        sum(said for said, _ in forecasts) / n,
        low,
        high,
        brier,
        max(0.0, brier - half),
        min(1.0, brier + half),
        base,
        1 - brier / base if base else None,
        sum(one.n * abs(one.said - one.happened) for one in bins) / n,
        bins,
    )


def _bins(forecasts: Sequence[Forecast], n_bins: int) -> tuple[Bin, ...]:
    found: list[list[Forecast]] = [[] for _ in range(n_bins)]
    for said, happened in forecasts:
        found[min(n_bins - 1, max(0, int(said * n_bins)))].append((said, happened))
    return tuple(_bin(place, inside, n_bins) for place, inside in enumerate(found) if inside)


def _bin(place: int, inside: Sequence[Forecast], n_bins: int) -> Bin:
    n, n_happened = len(inside), sum(happened for _, happened in inside)
    said = sum(said for said, _ in inside) / n
    return Bin(place / n_bins, (place + 1) / n_bins, n, said, n_happened / n, *wilson(n_happened, n))


@dataclass(frozen=True, slots=True)
class Correction:
    """How stated confidence is read: sigmoid(slope · logit(stated) + shift)."""

    slope: float
    shift: float

    def __call__(self, stated: float) -> float:
        """Return how likely someone who states this is right."""
        return _sigmoid(self.slope * _logit(stated) + self.shift)


def fit(forecasts: Sequence[Forecast]) -> Correction | None:
    """Return the correction that fits forecasts to what happened; None where there is too little to fit it to."""
    n_happened = sum(happened for _, happened in forecasts)
    if len(forecasts) < MIN_CASES or min(n_happened, len(forecasts) - n_happened) == 0:
        return None
    # Platt's targets: never quite 0 or 1, so that a clean record does not fit a step.
    high, low = (n_happened + 1) / (n_happened + 2), 1 / (len(forecasts) - n_happened + 2)
    cases = [(_logit(said), high if happened else low) for said, happened in forecasts]
    found = _newton(cases)
    # Someone who is more often wrong the surer they are must not earn trust by being unsure.
    return found if found.slope > 0 else Correction(0.0, _logit(n_happened / len(forecasts)))


def _newton(cases: Sequence[tuple[float, float]]) -> Correction:
    slope, shift = 1.0, 0.0
    for _ in range(50):
        # The slope is drawn to 1, as one case would: forecasts that are all alike say nothing about it.
        g1, g2, h11, h12, h22 = slope - 1, 0.0, 1.0, 0.0, 1e-9
        for at, target in cases:
            said = _sigmoid(slope * at + shift)
            off, weight = said - target, said * (1 - said)
            g1, g2 = g1 + off * at, g2 + off
            h11, h12, h22 = h11 + weight * at * at, h12 + weight * at, h22 + weight
        determinant = h11 * h22 - h12 * h12
        d_slope, d_shift = (h22 * g1 - h12 * g2) / determinant, (h11 * g2 - h12 * g1) / determinant
        # A step from far away may overshoot: none is longer than 2.
        length = max(1.0, math.hypot(d_slope, d_shift) / 2)
        slope, shift = slope - d_slope / length, shift - d_shift / length
        if abs(d_slope) + abs(d_shift) < 1e-9:
            break
    return Correction(slope, shift)


def read(stated: float, record: Record, correction: Correction | None) -> float:
    """Return how sure to be when an agent with this record states its confidence.

    With a correction, that; without one the stated value counts the more the longer the record is, and before that how
    often the agent was right at all.
    """
    if correction is not None:
        return correction(stated)
    weight = min(1.0, record.n / MIN_CASES)
    return record.mean + weight * (min(1.0, max(0.0, stated)) - record.mean)


def _logit(share: float) -> float:
    share = min(1 - _CERTAIN, max(_CERTAIN, share))
    return math.log(share / (1 - share))


def _sigmoid(at: float) -> float:
    if at >= 0:
        return 1 / (1 + math.exp(-at))
    grown = math.exp(at)
    return grown / (1 + grown)
