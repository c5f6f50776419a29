"""How far people who judge the same things agree, beyond what chance would give.

Sources: J. Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological Measurement 20(1),
1960; K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011; the percentile bootstrap of B. Efron,
R. Tibshirani, "An Introduction to the Bootstrap", 1993.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Final, TypeVar

# With fewer things judged twice, agreement says more about chance than about people.
FEWEST: Final = 20
N_DRAWS: Final = 1_000
SEED: Final = 20_260_101
_TAIL: Final = 0.025
# So many of the draws must have a value, or the interval would be of lucky draws only.
_MOST_WITHOUT: Final = 0.2

Cell = tuple[Hashable, Hashable]
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far judgements agree: the coefficient with its 95 % interval, and the plain share that was the same.

    The coefficient is None where there are too few cases, or where everyone always said the same: then chance alone
    would give full agreement, and nothing can be told.
    """

    n: int
    same: int
    value: float | None
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        """Return how many cases were judged the same."""
        return self.same / self.n if self.n else None

    @property
    def is_enough(self) -> bool:
        """Tell whether there are cases enough to say anything."""
        return self.n >= FEWEST


def kappa(pairs: Sequence[Cell]) -> float | None:
    """Return Cohen's κ of two people's judgements; None where chance alone would give full agreement."""
    return _kappa(Counter(pairs))


def alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Return Krippendorff's α for names: each unit holds what was said of one thing, by however many people.

    What only one person judged says nothing about agreement and is left out.
    """
    return _alpha(Counter(_kind(unit) for unit in units if len(unit) > 1))


def agreement_of_two(pairs: Sequence[Cell], seed: int = SEED) -> Agreement:
    """Return how far two people agree, by κ; the same seed gives the same interval."""
    cells = Counter(pairs)
    return _kappa_of(tuple(sorted(cells.items(), key=repr)), seed)


def agreement_of_many(units: Sequence[Sequence[Hashable]], seed: int = SEED) -> Agreement:
    """Return how far several people agree, by α; the same seed gives the same interval."""
    kinds = Counter(_kind(unit) for unit in units if len(unit) > 1)
    return _alpha_of(tuple(sorted(kinds.items(), key=repr)), seed)


# What is drawn depends on the counts alone, so the same counts need not be drawn twice.
@lru_cache(maxsize=1_024)
def _kappa_of(cells: tuple[tuple[Cell, int], ...], seed: int) -> Agreement:
    same = sum(n for (one, other), n in cells if one == other)
    return _measured(cells, same, _kappa, seed)


@lru_cache(maxsize=256)
def _alpha_of(kinds: tuple[tuple[tuple[Hashable, ...], int], ...], seed: int) -> Agreement:
    same = sum(n for unit, n in kinds if len(set(unit)) == 1)
    return _measured(kinds, same, _alpha, seed)


def _measured(
    counted: Sequence[tuple[T, int]], same: int, measure: Callable[[Mapping[T, int]], float | None], seed: int
) -> Agreement:
    n = sum(times for _, times in counted)
    value = measure(dict(counted)) if n >= FEWEST else None
    if value is None:
        return Agreement(n, same, None, None, None)
    low, high = _interval(counted, measure, seed)
    return Agreement(n, same, value, low, high)


def _interval(
    counted: Sequence[tuple[T, int]], measure: Callable[[Mapping[T, int]], float | None], seed: int
) -> tuple[float | None, float | None]:
    """Draw the cases again and again, with putting back, and return between what 95 % of the values lie."""
    chance = Random(seed)  # noqa: S311  (the same draws every time)
    kinds = [kind for kind, _ in counted]
    ends = list(accumulate(times for _, times in counted))
    found = []
    for _ in range(N_DRAWS):
        value = measure(Counter(chance.choices(kinds, cum_weights=ends, k=ends[-1])))
        if value is not None:
            found.append(value)
    if len(found) < N_DRAWS * (1 - _MOST_WITHOUT):
        return None, None
    found.sort()
    return _quantile(found, _TAIL), _quantile(found, 1 - _TAIL)


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _kappa(cells: Mapping[Cell, int]) -> float | None:
    n = sum(cells.values())
    if not n:
        return None
    first: Counter[Hashable] = Counter()
    second: Counter[Hashable] = Counter()
    same = 0
    for (one, other), times in cells.items():
        first[one] += times
        second[other] += times
        same += times if one == other else 0
    by_chance = sum(first[name] * second[name] for name in first)
    if by_chance == n * n:
        return None
    return (same * n - by_chance) / (n * n - by_chance)


def _alpha(kinds: Mapping[tuple[Hashable, ...], int]) -> float | None:
    """Return 1 − observed ÷ expected disagreement, over the coincidences within units."""
    of_value: Counter[Hashable] = Counter()
    apart = 0.0
    for unit, times in kinds.items():
        counts = Counter(unit)
        size = len(unit)
        for name, n in counts.items():
            of_value[name] += n * times
        apart += times * (size * size - sum(n * n for n in counts.values())) / (size - 1)
    n = sum(of_value.values())
    expected = n * n - sum(count * count for count in of_value.values())
    return 1 - (n - 1) * apart / expected if expected else None


def _kind(unit: Sequence[Hashable]) -> tuple[Hashable, ...]:
    """Return what was said of one thing in an order that does not depend on who said it."""
    return tuple(sorted(unit, key=repr))
