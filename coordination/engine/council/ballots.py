"""What a voter says, and how much that counts."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# How much voters of one family err together: three on one base model are not three votes.
CORRELATION: Final = 0.5
# Nobody is taken for a coin, and nobody for an oracle: one voter's word never outweighs many.
LEAST_RELIABLE, MOST_RELIABLE = 0.55, 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One voter's answer: a choice, or a ranking of which the first is the choice; neither is an abstention.

    `confidence` is the voter's own, calibrated; `reliability` a lower bound of how often it is right; None is unknown.
    Voters of one `family` share what they are made of, and so their mistakes.
    """

    voter: str
    choice: str = ""
    ranking: tuple[str, ...] = ()
    confidence: float | None = None
    reliability: float | None = None
    authority: int = 0
    family: str = ""

    @property
    def first(self) -> str:
        """Return the option the voter wants most."""
        return self.choice or (self.ranking[0] if self.ranking else "")

    @property
    def order(self) -> tuple[str, ...]:
        """Return the options from the most to the least wanted, as far as the voter said."""
        return self.ranking or ((self.choice,) if self.choice else ())


def shares_of_vote(ballots: Sequence[Ballot]) -> list[float]:
    """Return what part of a vote each ballot is: n of one family are together n / (1 + (n − 1) ρ) votes.

    Only those of a family that say the same are corrected: where they differ, they did not err together.
    """
    alike = Counter((ballot.family, ballot.first) for ballot in ballots if ballot.family)
    return [
        1 / (1 + (alike[ballot.family, ballot.first] - 1) * CORRELATION) if ballot.family else 1.0 for ballot in ballots
    ]


def log_odds(ballot: Ballot) -> float:
    """Return the weight of a ballot by its voter's reliability and confidence: ln(r / (1 − r)) × confidence."""
    known = LEAST_RELIABLE if ballot.reliability is None else ballot.reliability
    reliability = min(MOST_RELIABLE, max(LEAST_RELIABLE, known))
    confidence = 1.0 if ballot.confidence is None else min(1.0, max(0.0, ballot.confidence))
    return math.log(reliability / (1 - reliability)) * confidence


def totals(ballots: Sequence[Ballot], weights: Sequence[float]) -> Mapping[str, float]:
    """Return the weight that each option got as first choice, in the order in which they were named."""
    found: dict[str, float] = {}
    for ballot, weight in zip(ballots, weights, strict=True):
        if ballot.first:
            found[ballot.first] = found.get(ballot.first, 0.0) + weight
    return found
