"""Partial beliefs put together: Dempster–Shafer with Yager's rule, which counts conflict as not knowing.

A mass function gives weight to sets of options; weight on the set of all is not knowing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, TypeAlias

# Sets of a larger frame are too many to weigh, and people could not follow it.
LARGEST_FRAME: Final = 6
# With more conflict than this the sources contradict each other: people decide.
MOST_CONFLICT: Final = 0.6

Mass: TypeAlias = Mapping[frozenset[str], float]


@dataclass(frozen=True, slots=True)
class Combined:
    """What all sources together believe; `conflict` is what they contradict each other by, between 0 and 1."""

    mass: Mass
    conflict: float

    @property
    def is_contradictory(self) -> bool:
        """Tell whether the sources contradict each other too much to be put together."""
        return self.conflict > MOST_CONFLICT


def discounted(mass: Mass, reliability: float, frame: frozenset[str]) -> dict[frozenset[str], float]:
    """Return the belief of a source that is right only so often: the rest of it is not knowing."""
    weaker = {part: weight * reliability for part, weight in mass.items() if part and part <= frame}
    weaker[frame] = weaker.get(frame, 0.0) + 1 - sum(weaker.values())
    return weaker


def combine(sources: Sequence[tuple[Mass, float]], frame: frozenset[str]) -> Combined:
    """Return the beliefs of sources, each with its reliability, put together; raises ValueError for a large frame."""
    if not 1 <= len(frame) <= LARGEST_FRAME:
        raise ValueError(f"beliefs are put together over 1 to {LARGEST_FRAME} options")
    weaker = [discounted(mass, reliability, frame) for mass, reliability in sources]
    start: tuple[dict[frozenset[str], float], float] = ({frame: 1.0}, 0.0)
    # The conjunction of all first, and what contradicts last: so the order of the sources does not matter.
    together, conflict = reduce(_conjunction, weaker, start)
    together[frame] = together.get(frame, 0.0) + conflict
    return Combined(together, conflict)


def belief(mass: Mass, options: frozenset[str]) -> float:
    """Return how much is certainly within these options."""
    return sum(weight for part, weight in mass.items() if part <= options)


def plausibility(mass: Mass, options: frozenset[str]) -> float:
    """Return how much does not speak against these options."""
    return sum(weight for part, weight in mass.items() if part & options)


def pignistic(mass: Mass) -> dict[str, float]:
    """Return the probabilities to bet by: each set's weight shared by its options."""
    shares: dict[str, float] = {}
    for part, weight in mass.items():
        for option in part:
            shares[option] = shares.get(option, 0.0) + weight / len(part)
    return shares


def _conjunction(
    known: tuple[dict[frozenset[str], float], float], more: Mass
) -> tuple[dict[frozenset[str], float], float]:
    mass, conflict = known
    met: dict[frozenset[str], float] = {}
    for one, weight in mass.items():
        for other, share in more.items():
            both = one & other
            if both:
                met[both] = met.get(both, 0.0) + weight * share
            else:
                conflict += weight * share
    return met, conflict
