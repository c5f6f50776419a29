"""Rules of voting: each turns ballots into a winner, or says why there is none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Final

from coordination.engine.council.ballots import Ballot, log_odds, shares_of_vote, totals

# A weighted win needs this much of all weight more than the second has.
MARGIN: Final = 0.2
QUORUM: Final = 0.5
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Tally:
    """What a vote came to: the winner, or "" and why; each option's share of the whole, the largest first."""

    winner: str
    reason: str
    shares: Mapping[str, float]
    n_voted: int
    n_asked: int
    # How many independent votes the ballots are worth.
    effective: float

    @property
    def margin(self) -> float:
        """Return how far the first option is before the second, as a share of the whole."""
        first, second, *_ = [*self.shares.values(), 0.0, 0.0]
        return first - second


def count(rule: str, ballots: Sequence[Ballot], *, n_asked: int, quorum: float = QUORUM, margin: float = 0.0) -> Tally:
    """Return what the ballots come to by a rule; `n_asked` voters were asked, of whom some may not have answered."""
    cast = [ballot for ballot in ballots if ballot.first]
    weights, scores = RULES[rule](cast)
    whole = sum(scores.values())
    ordered = sorted(scores.items(), key=lambda one: (-one[1], one[0]))
    shares = {option: score / whole if whole else 0.0 for option, score in ordered}
    tally = Tally("", "", shares, len(cast), n_asked, sum(weights))
    winner, reason = _winner(rule, tally, quorum, max(margin, MARGIN if rule == "weighted" else 0.0))
    return Tally(winner, reason, shares, tally.n_voted, n_asked, tally.effective)


def _winner(rule: str, tally: Tally, quorum: float, margin: float) -> tuple[str, str]:
    if tally.n_voted == 0:
        return "", "Nobody voted."
    if tally.n_voted < quorum * tally.n_asked:
        return "", f"Only {tally.n_voted} of {tally.n_asked} voted; {quorum:.0%} are needed."
    first, *others = tally.shares
    if rule == "unanimous" and others:
        return "", f"Not all agree: {len(tally.shares)} different answers."
    if others and tally.shares[first] - tally.shares[others[0]] <= _EPSILON:
        return "", f"{first} and {others[0]} are level."
    if others and tally.margin < margin - _EPSILON:
        return "", f"{first} leads by {tally.margin:.0%} of the weight; {margin:.0%} are needed."
    return first, f"{first} has {tally.shares[first]:.0%} of the weight."


_Counted = tuple[Sequence[float], Mapping[str, float]]


def _majority(ballots: Sequence[Ballot]) -> _Counted:
    weights = shares_of_vote(ballots)
    return weights, totals(ballots, weights)


def _weighted(ballots: Sequence[Ballot]) -> _Counted:
    parts = shares_of_vote(ballots)
    return parts, totals(ballots, [part * log_odds(ballot) for part, ballot in zip(parts, ballots, strict=True)])


def _by_confidence(ballots: Sequence[Ballot]) -> _Counted:
    parts = shares_of_vote(ballots)
    sure = [1.0 if ballot.confidence is None else min(1.0, max(0.0, ballot.confidence)) for ballot in ballots]
    return parts, totals(ballots, [part * weight for part, weight in zip(parts, sure, strict=True)])


def _by_reliability(ballots: Sequence[Ballot]) -> _Counted:
    parts = shares_of_vote(ballots)
    weights = [log_odds(replace(ballot, confidence=None)) for ballot in ballots]
    return parts, totals(ballots, [part * weight for part, weight in zip(parts, weights, strict=True)])


def _by_authority(ballots: Sequence[Ballot]) -> _Counted:
    parts = shares_of_vote(ballots)
    return parts, totals(ballots, [part * max(0, one.authority) for part, one in zip(parts, ballots, strict=True)])


def _borda(ballots: Sequence[Ballot]) -> _Counted:
    """Give an option one point for each that a voter wants less; what a voter left out is wanted least, all alike."""
    parts, options = shares_of_vote(ballots), _options(ballots)
    points = dict.fromkeys(options, 0.0)
    for part, ballot in zip(parts, ballots, strict=True):
        ranked = [option for option in dict.fromkeys(ballot.order) if option in points]
        left_out = len(options) - len(ranked)
        for place, option in enumerate(ranked):
            points[option] += part * (len(options) - 1 - place)
        for option in options:
            if option not in ranked:
                points[option] += part * (left_out - 1) / 2
    return parts, points


def _schulze(ballots: Sequence[Ballot]) -> _Counted:
    """Let an option beat another whose strongest path back is weaker; Borda's points tell level ones apart."""
    parts, options = shares_of_vote(ballots), _options(ballots)
    strength = _paths(options, _preferred(parts, ballots, options))
    beaten = {
        one: sum(strength[one, other] > strength[other, one] for other in options if other != one) for one in options
    }
    _, points = _borda(ballots)
    most = max(points.values(), default=0.0) + 1
    return parts, {one: beaten[one] + points[one] / (most * len(options)) for one in options}


def _preferred(
    parts: Sequence[float], ballots: Sequence[Ballot], options: Sequence[str]
) -> dict[tuple[str, str], float]:
    """Return how much weight wants one option more than another, for each pair."""
    wanted = dict.fromkeys(permutations(options, 2), 0.0)
    for part, ballot in zip(parts, ballots, strict=True):
        place = {option: at for at, option in reversed(list(enumerate(ballot.order)))}
        for one, other in wanted:
            if place.get(one, len(options)) < place.get(other, len(options)):
                wanted[one, other] += part
    return wanted


def _paths(options: Sequence[str], wanted: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Return the strength of the strongest path between each pair: a path is as strong as its weakest win."""
    strength = {(a, b): weight if weight > wanted[b, a] else 0.0 for (a, b), weight in wanted.items()}
    for via, a, b in permutations(options, 3):
        strength[a, b] = max(strength[a, b], min(strength[a, via], strength[via, b]))
    return strength


def _options(ballots: Sequence[Ballot]) -> list[str]:
    return sorted({option for ballot in ballots for option in ballot.order})


RULES: Final[Mapping[str, Callable[[Sequence[Ballot]], _Counted]]] = {
    "majority": _majority,
    "weighted": _weighted,
    "confidence": _by_confidence,
    "reliability": _by_reliability,
    "authority": _by_authority,
    "unanimous": _majority,
    "borda": _borda,
    "schulze": _schulze,
}
