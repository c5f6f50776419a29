"""What a year may cost: risks as frequency × magnitude, drawn many times (FAIR).

Three values of a range make a PERT distribution: Beta with shape 4 around the most likely one. How often something
happens in a drawn year is Poisson around a drawn frequency; each time costs a drawn magnitude.

Sources: J. Freund, J. Jones, "Measuring and Managing Information Risk: A FAIR Approach", 2014; D. Vose, "Risk
Analysis", 2008, for the PERT distribution.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from coordination.engine.trust.pert import SHAPE, Range

N_YEARS: Final = 10_000
SEED: Final = 20_260_101
# Above so many times a year their sum is as good as normal, and need not be drawn one by one.
_MANY: Final = 24
_N_CURVE: Final = 60

Years = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Loss:
    """How often something happens in a year, and what one time costs."""

    frequency: Range
    magnitude: Range


@dataclass(frozen=True, slots=True)
class Year:
    """What a year costs: on average, in the middle, and in one bad year of ten and of twenty."""

    mean: float
    median: float
    p90: float
    p95: float


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All risks together, each by itself, and how likely a year costs more than so much: (cost, share of years)."""

    total: Year
    each: Mapping[str, Year]
    curve: tuple[tuple[float, float], ...]
    n_years: int


def portfolio(losses: Mapping[str, Loss], n_years: int = N_YEARS, seed: int = SEED) -> Portfolio:
    """Draw so many years of all these risks, which happen independently of each other; the same seed, the same years.

    Each risk has a stream of chance of its own, so that adding one leaves the others as they were.
    """
    drawn = {name: _years(loss, n_years, seed, name) for name, loss in losses.items()}
    together: Years = np.sum(list(drawn.values()), axis=0) if drawn else np.zeros(n_years)
    return Portfolio(_year(together), {name: _year(years) for name, years in drawn.items()}, _curve(together), n_years)


def _years(loss: Loss, n_years: int, seed: int, name: str) -> Years:
    chance = np.random.default_rng([seed, *name.encode()])
    times = chance.poisson(_drawn(loss.frequency, n_years, chance))
    few = np.where(times <= _MANY, times, 0)
    costs: Years = np.bincount(
        np.repeat(np.arange(n_years), few),
        weights=_drawn(loss.magnitude, int(few.sum()), chance),
        minlength=n_years,
    ).astype(np.float64)
    many = times > _MANY
    if many.any():
        mean, spread = loss.magnitude.mean, _deviation(loss.magnitude)
        often = times[many].astype(np.float64)
        summed = often * mean + np.sqrt(often) * spread * chance.standard_normal(often.size)
        costs[many] = np.clip(summed, often * loss.magnitude.low, often * loss.magnitude.high)
    return costs


def _drawn(given: Range, n: int, chance: np.random.Generator) -> Years:
    width = given.high - given.low
    if width <= 0:
        return np.full(n, given.low)
    one, other = _shapes(given)
    return given.low + width * chance.beta(one, other, n)


def _shapes(given: Range) -> tuple[float, float]:
    width = given.high - given.low
    return 1 + SHAPE * (given.likely - given.low) / width, 1 + SHAPE * (given.high - given.likely) / width


def _deviation(given: Range) -> float:
    width = given.high - given.low
    if width <= 0:
        return 0.0
    one, other = _shapes(given)
    return float(width * np.sqrt(one * other / ((one + other) ** 2 * (one + other + 1))))


def _year(years: Years) -> Year:
    median, p90, p95 = (float(value) for value in np.percentile(years, (50, 90, 95)))
    return Year(float(years.mean()), median, p90, p95)


def _curve(years: Years) -> tuple[tuple[float, float], ...]:
    top = float(np.percentile(years, 99.5))
    if top <= 0:
        return ()
    ordered = np.sort(years)
    costs = np.linspace(0, top, _N_CURVE)
    above = 1 - np.searchsorted(ordered, costs, side="right") / years.size
    return tuple((float(cost), float(share)) for cost, share in zip(costs, above, strict=True))
