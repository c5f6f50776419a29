"""Pictures of how sure a difference between groups is: one look, and all looks of a period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coordination.web import words

WIDTH, HEIGHT = 400, 150
ROW = 20
# How far a scale reaches at least, in differences of rates.
_LEAST = 0.2


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale of differences from -`far` to +`far`; to the right, the group is worse off."""

    far: float
    margin: float

    @classmethod
    def of(cls, findings: Sequence[Mapping[str, Any]], margin: float) -> "Scale":
        """Return the scale that holds all intervals."""
        ends = [abs(one[end]) for one in findings for end in ("low", "high") if one[end] is not None]
        return cls(min(1.0, max([_LEAST, margin * 1.5, *ends]) * 1.05), margin)

    def x(self, value: float) -> float:
        """Return where a difference lies from left to right."""
        return round((max(-self.far, min(self.far, value)) + self.far) / (2 * self.far) * WIDTH, 1)

    def y(self, value: float) -> float:
        """Return where a difference lies from the bottom up."""
        return round(HEIGHT - (max(-self.far, min(self.far, value)) + self.far) / (2 * self.far) * HEIGHT, 1)

    @property
    def said(self) -> str:
        """Return how far it reaches, in words."""
        return f"{self.far * 100:.0f} points"


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval as a bar with a dot, on a scale with zero in the middle and the margin marked."""

    bar: str
    dot: str
    grid: str
    too_much: str
    width: int = WIDTH
    height: int = ROW

    @classmethod
    def of(cls, finding: Mapping[str, Any], scale: Scale) -> "Interval | None":
        """Return the picture of a finding; without an interval there is none."""
        if finding["low"] is None or finding["difference"] is None:
            return None
        low, high, middle = scale.x(finding["low"]), scale.x(finding["high"]), ROW / 2
        edge = scale.x(scale.margin)
        return cls(
            bar=f"M{low} {middle:g}H{high}",
            dot=f"M{scale.x(finding['difference'])} {middle:g}h0",
            grid=f"M0 {middle:g}H{WIDTH}M{WIDTH / 2:g} 0V{ROW}",
            too_much=f"M{edge} 0H{WIDTH}V{ROW}H{edge}Z",
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """One look in the table behind the picture."""

    at: datetime
    n: int
    difference: str
    interval: str
    is_planned: bool


@dataclass(frozen=True, slots=True)
class Course:
    """How the interval of one group narrowed through a period."""

    title: str
    band: str
    line: str
    zero: str
    too_much: str
    top: str
    starts: datetime | None
    ends: datetime | None
    rows: list[Moment]
    said: str
    width: int = WIDTH
    height: int = HEIGHT

    @classmethod
    def of(cls, looks: Sequence[Any], key: tuple[str, str], margin: float) -> "Course | None":
        """Draw the looks at one group; a look without an interval is left out."""
        found = [(look, finding) for look in looks if (finding := _of(look.findings, key)) is not None]
        if not found:
            return None
        scale = Scale.of([finding for _, finding in found], margin)
        # By decisions, not by time: that is what makes an interval narrower.
        least, most = found[0][0].n, found[-1][0].n

        def x(n: int) -> float:
            return round((n - least) / max(most - least, 1) * WIDTH, 1) if most > least else WIDTH / 2

        xs = [x(look.n) for look, _ in found]
        lows, highs, middles = (
            [f"{at} {scale.y(finding[end])}" for at, (_, finding) in zip(xs, found, strict=True)]
            for end in ("low", "high", "difference")
        )
        last = found[-1][1]
        edge = scale.y(margin)
        return cls(
            title=f"{key[1]}, {key[0]}",
            band=f"M{'L'.join(highs)}L{'L'.join(reversed(lows))}Z",
            line=f"M{'L'.join(middles)}",
            zero=f"M0 {HEIGHT / 2:g}H{WIDTH}",
            too_much=f"M0 0H{WIDTH}V{edge}H0Z",
            top=scale.said,
            starts=found[0][0].at,
            ends=found[-1][0].at,
            rows=[
                Moment(look.at, look.n, points(one["difference"]), between(one["low"], one["high"]), look.is_planned)
                for look, one in reversed(found)
            ],
            said=f"{key[1]}: {points(last['difference'])} lower, {between(last['low'], last['high'])}",
        )


def points(value: float | None) -> str:
    """Say a difference of rates in percentage points: "12.4", "−3"."""
    return "–" if value is None else f"{value * 100:.1f}".removesuffix(".0").replace("-", "−")


def between(low: float | None, high: float | None) -> str:
    """Say an interval of percentage points."""
    return "–" if low is None or high is None else f"{points(low)} to {points(high)}"


def ratio(value: float | None) -> str:
    """Say an impact ratio."""
    return "–" if value is None else f"{value:.2f}"


def rate(side: Mapping[str, Any]) -> str:
    """Say a rate, unless it would tell of single people."""
    return words.percent(side["rate"]) if side["rate"] is not None else "–"


def _of(findings: Sequence[Mapping[str, Any]], key: tuple[str, str]) -> Mapping[str, Any] | None:
    for one in findings:
        if (one["attribute"], one["group"]) == key and one["low"] is not None:
            return one
    return None
