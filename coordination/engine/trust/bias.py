"""Is a group decided about less favourably than another? What can be said, how sure it is, and when that is an alarm.

Each group of an attribute is compared with the reference group, or with everybody else. The question has a direction:
is the group worse off. Two ways of answering share the allowance for false alarms: one looks all the time, the other
once, when a period that was fixed beforehand is over, and sees smaller differences.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from coordination.engine.trust import sequential
from coordination.engine.trust.intervals import wilson

# How large a difference, and a logarithm of a ratio, is when it matters: where the evidence is sharpest.
_SCALE: Final = 0.15
_LOG_SCALE: Final = 0.35
OTHERS: Final = "everybody else"


class Standing(StrEnum):
    """What the numbers say of a group."""

    INSUFFICIENT = "insufficient"
    NO_EVIDENCE = "no-evidence"
    WATCH = "watch"
    BREACH = "breach"

    @property
    def rank(self) -> int:
        """Return how bad it is."""
        return list(Standing).index(self)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many decisions, and how many of them were favourable."""

    n: int = 0
    favourable: int = 0

    @property
    def rate(self) -> float:
        """Return the share of favourable decisions; of none, it is zero."""
        return self.favourable / self.n if self.n else 0.0

    @property
    def smoothed(self) -> float:
        """Return the share with one decision of each kind added, so that few decisions are not all or nothing."""
        return (self.favourable + 1) / (self.n + 2)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.n + other.n, self.favourable + other.favourable)


@dataclass(frozen=True, slots=True)
class Terms:
    """What counts as enough and as too much.

    Of `alpha`, the probability of any false alarm in a period, `always` goes to looking all the time and the rest to
    the look at the end of the period.
    """

    alpha: float = 0.05
    always: float = 0.2
    margin: float = 0.10
    ratio: float = 0.8
    least: int = 20

    @property
    def alpha_always(self) -> float:
        """Return the allowance of looking all the time."""
        return self.alpha * self.always

    @property
    def alpha_planned(self) -> float:
        """Return the allowance of the planned look."""
        return self.alpha * (1 - self.always)


@dataclass(frozen=True, slots=True)
class Pair:
    """A group and whom it is compared with."""

    attribute: str
    group: str
    against: str
    own: Tally
    other: Tally

    @property
    def key(self) -> str:
        """Return the name by which looks remember it."""
        return f"{self.attribute}={self.group}"

    def is_enough(self, terms: Terms) -> bool:
        """Tell whether both sides have enough decisions to say anything."""
        return min(self.own.n, self.other.n) >= terms.least

    @property
    def difference(self) -> float:
        """Return by how much the group's rate is lower; below zero it is better off."""
        return self.other.rate - self.own.rate

    @property
    def ratio(self) -> float | None:
        """Return the impact ratio: the group's rate over the other's."""
        return self.own.rate / self.other.rate if self.other.favourable else None

    @property
    def variance(self) -> float:
        """Return the variance of the difference."""
        return sum(t.smoothed * (1 - t.smoothed) / t.n for t in (self.own, self.other))

    @property
    def log_variance(self) -> float:
        """Return the variance of the logarithm of the ratio."""
        return sum((1 - t.smoothed) / (t.n * t.smoothed) for t in (self.own, self.other))

    @property
    def log_difference(self) -> float:
        """Return the logarithm of the other's rate over the group's."""
        return math.log(self.other.smoothed / self.own.smoothed)


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier looks of the period found for a pair."""

    p: float = 1.0
    standing: Standing = Standing.INSUFFICIENT


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look says of a pair; without enough decisions there is nothing to say beyond the counts.

    `low` and `high` bound how much lower the group's rate is; each is wrong with a probability of at most `alpha`.
    """

    pair: Pair
    standing: Standing
    p: float = 1.0
    alpha: float = 0.05
    low: float | None = None
    high: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None


def pairs_in(groups: Mapping[str, Mapping[str, Tally]], references: Mapping[str, str]) -> list[Pair]:
    """Return every comparison of the groups of each attribute; an attribute with one group has none."""
    return [pair for name, tallies in groups.items() for pair in _pairs(name, tallies, references.get(name, ""))]


def look(pairs: Sequence[Pair], terms: Terms, before: Mapping[str, Before]) -> list[Finding]:
    """Judge all pairs at one of many looks; what was an alarm in the period stays one."""
    earlier = {pair.key: before.get(pair.key, Before()) for pair in pairs}

    def p(pair: Pair) -> float:
        now = sequential.p_always(pair.difference, pair.variance, _SCALE)
        return min(now, earlier[pair.key].p)

    def bounds(pair: Pair, alpha: float) -> tuple[float, float, float, float]:
        low = sequential.low_always(pair.difference, pair.variance, _SCALE, alpha)
        high = -sequential.low_always(-pair.difference, pair.variance, _SCALE, alpha)
        log_low = sequential.low_always(pair.log_difference, pair.log_variance, _LOG_SCALE, alpha)
        log_high = -sequential.low_always(-pair.log_difference, pair.log_variance, _LOG_SCALE, alpha)
        return low, high, math.exp(-log_high), math.exp(-log_low)

    found = _judged(pairs, terms, terms.alpha_always, p, bounds)
    return [_latched(finding, earlier[finding.pair.key]) for finding in found]


def planned_look(pairs: Sequence[Pair], terms: Terms) -> list[Finding]:
    """Judge all pairs once, at the end of a period that was fixed before its decisions were known."""
    return _judged(pairs, terms, terms.alpha_planned, _planned_p, _planned_bounds)


def report(pairs: Sequence[Pair], terms: Terms) -> list[Finding]:
    """Return fixed intervals of all pairs for whoever reads them now: two-sided 95 %, and no alarm."""
    enough = [pair for pair in pairs if pair.is_enough(terms)]
    return [_finding(pair, Standing.NO_EVIDENCE, 1.0, 0.025, _planned_bounds) for pair in enough]


def worst(findings: Sequence[Finding]) -> Standing:
    """Return the worst standing; where nothing can be said of anybody, that."""
    return max((finding.standing for finding in findings), key=lambda one: one.rank, default=Standing.INSUFFICIENT)


def newcombe(own: Tally, other: Tally, z: float) -> tuple[float, float]:
    """Return the interval of how much lower the first rate is.

    Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions",
    Statistics in Medicine 17, 1998 (method 10).
    """
    (low, high), (other_low, other_high) = (
        wilson(own.favourable, own.n, z),
        wilson(other.favourable, other.n, z),
    )
    difference = other.rate - own.rate
    below = math.hypot(other.rate - other_low, high - own.rate)
    above = math.hypot(other_high - other.rate, own.rate - low)
    return difference - below, difference + above


def _pairs(attribute: str, tallies: Mapping[str, Tally], reference: str) -> list[Pair]:
    if len(tallies) < 2:
        return []
    if reference:
        other = tallies.get(reference, Tally())
        return [Pair(attribute, group, reference, own, other) for group, own in tallies.items() if group != reference]
    whole = sum(tallies.values(), Tally())
    rest = {name: Tally(whole.n - own.n, whole.favourable - own.favourable) for name, own in tallies.items()}
    return [Pair(attribute, group, OTHERS, own, rest[group]) for group, own in tallies.items()]


_Bounds = Callable[[Pair, float], tuple[float, float, float, float]]


def _judged(
    pairs: Sequence[Pair], terms: Terms, alpha: float, p_of: Callable[[Pair], float], bounds: _Bounds
) -> list[Finding]:
    """Judge all pairs by Holm's procedure: whoever is compared more often must show more.

    Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6,
    1979.
    """
    sure = {pair.key: p_of(pair) for pair in pairs if pair.is_enough(terms)}
    levels = _levels(sure, len(pairs), alpha)
    found = []
    for pair in pairs:
        if pair.key not in sure:
            found.append(Finding(pair, Standing.INSUFFICIENT))
            continue
        level = levels[pair.key]
        is_alarm = sure[pair.key] <= level
        standing = Standing.WATCH if is_alarm else Standing.NO_EVIDENCE
        finding = _finding(pair, standing, sure[pair.key], level, bounds)
        found.append(_breached(finding, terms) if is_alarm else finding)
    return found


def _levels(sure: Mapping[str, float], n: int, alpha: float) -> dict[str, float]:
    """Return what each p-value is held to; after the first that does not fall, all others to the same as it."""
    levels: dict[str, float] = {}
    level, is_open = alpha, True
    for at, key in enumerate(sorted(sure, key=lambda one: sure[one])):
        level = alpha / (n - at) if is_open else level
        levels[key] = level
        is_open = is_open and sure[key] <= level
    return levels


def _finding(pair: Pair, standing: Standing, p: float, alpha: float, bounds: _Bounds) -> Finding:
    low, high, ratio_low, ratio_high = bounds(pair, alpha)
    return Finding(pair, standing, p, alpha, low, high, ratio_low, ratio_high)


def _breached(finding: Finding, terms: Terms) -> Finding:
    """Return the finding as a breach where all that it may be is too much."""
    too_far = finding.low is not None and finding.low > terms.margin
    too_low = finding.ratio_high is not None and finding.ratio_high < terms.ratio
    return replace(finding, standing=Standing.BREACH) if too_far or too_low else finding


def _latched(finding: Finding, before: Before) -> Finding:
    return replace(finding, standing=before.standing) if before.standing.rank > finding.standing.rank else finding


def _planned_p(pair: Pair) -> float:
    """Return the level at which Newcombe's interval just reaches zero."""
    low, high = -8.0, 8.0
    for _ in range(50):
        middle = (low + high) / 2
        if _one_sided(pair, middle) > 0:
            low = middle
        else:
            high = middle
    return sequential.p_of(low)


def _one_sided(pair: Pair, z: float) -> float:
    below, above = newcombe(pair.own, pair.other, abs(z))
    return below if z >= 0 else above


def _planned_bounds(pair: Pair, alpha: float) -> tuple[float, float, float, float]:
    z = sequential.z_of(alpha)
    low, high = newcombe(pair.own, pair.other, z)
    half = z * math.sqrt(pair.log_variance)
    return low, high, math.exp(-pair.log_difference - half), math.exp(-pair.log_difference + half)
