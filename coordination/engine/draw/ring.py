"""Who spoke to whom, as a ring: everyone has a seat, and a thread between two is as wide as they spoke often."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, log1p, pi, sin
from typing import Literal

RADIUS = 150.0
MARGIN_X, MARGIN_Y = 150.0, 34.0
_NARROWEST, _WIDEST = 1.0, 7.0
# How far a thread bends towards the middle, and to its own side, so that both directions are seen.
_INWARD, _ASIDE = 0.42, 0.08
_OUTSIDE = 12.0


@dataclass(frozen=True, slots=True)
class Seat:
    """Where one sits, and where the name stands."""

    name: str
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Thread:
    """What goes from one to another: the path, its width, how often."""

    source: str
    target: str
    count: int
    path: str
    width: float


@dataclass(frozen=True, slots=True)
class Ring:
    """The picture, in pixels."""

    seats: Sequence[Seat]
    threads: Sequence[Thread]
    width: float = 2 * (RADIUS + MARGIN_X)
    height: float = 2 * (RADIUS + MARGIN_Y)


def ring(pairs: Sequence[tuple[str, str, int]], most: int = 30) -> Ring:
    """Return the picture of pairs (source, target, how often); only the `most` who speak and hear most have a seat."""
    volume: dict[str, int] = {}
    for source, target, count in pairs:
        for name in (source, target):
            volume[name] = volume.get(name, 0) + count
    seated = sorted(sorted(volume, key=lambda name: (-volume[name], name))[:most])
    seats = {name: _seat(name, at, len(seated)) for at, name in enumerate(seated)}
    drawn = [pair for pair in pairs if pair[0] in seats and pair[1] in seats and pair[0] != pair[1]]
    busiest = max((count for _, _, count in drawn), default=1)
    threads = [_thread(seats[source], seats[target], count, busiest) for source, target, count in drawn]
    return Ring(list(seats.values()), sorted(threads, key=lambda one: one.count))


def _seat(name: str, at: int, of: int) -> Seat:
    angle = 2 * pi * at / of - pi / 2
    across, down = cos(angle), sin(angle)
    middle_x, middle_y = RADIUS + MARGIN_X, RADIUS + MARGIN_Y
    anchor: Literal["start", "middle", "end"] = "middle" if abs(across) < 0.15 else "start" if across > 0 else "end"
    outside = RADIUS + _OUTSIDE
    # The middle of a line of text is a third of its height above where it stands.
    return Seat(
        name,
        round(middle_x + RADIUS * across, 1),
        round(middle_y + RADIUS * down, 1),
        round(middle_x + outside * across, 1),
        round(middle_y + outside * down + 4 + (6 * down if anchor == "middle" else 0), 1),
        anchor,
    )


def _thread(source: Seat, target: Seat, count: int, busiest: int) -> Thread:
    middle_x, middle_y = RADIUS + MARGIN_X, RADIUS + MARGIN_Y
    half_x, half_y = (source.x + target.x) / 2, (source.y + target.y) / 2
    aside_x, aside_y = (target.y - source.y) * _ASIDE, (source.x - target.x) * _ASIDE
    bend_x = half_x + (middle_x - half_x) * _INWARD + aside_x
    bend_y = half_y + (middle_y - half_y) * _INWARD + aside_y
    share = log1p(count) / log1p(busiest)
    return Thread(
        source.name,
        target.name,
        count,
        f"M{source.x:g} {source.y:g}Q{bend_x:.1f} {bend_y:.1f} {target.x:g} {target.y:g}",
        round(_NARROWEST + (_WIDEST - _NARROWEST) * share, 1),
    )
