"""Offers of a negotiation as lines that come together: rounds from left to right, options from the bottom up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

# What stands for an offer, or keeps to one.
_OFFERS: Final = frozenset({"proposes", "concedes", "accepts"})

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """The offers of one party."""

    party: str
    points: tuple[Point, ...]

    @property
    def path(self) -> str:
        """Return the line as an SVG path."""
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in self.points) if len(self.points) > 1 else ""

    @property
    def dots(self) -> str:
        """Return each offer as a dot, to be drawn with round ends."""
        return "".join(f"M{x:g} {y:g}h0" for x, y in self.points)


@dataclass(frozen=True, slots=True)
class Picture:
    """All lines, and what the upper and the lower edge stand for."""

    lines: tuple[Line, ...]
    top: str
    bottom: str
    rounds: int


def picture(moves: Sequence[Mapping[str, Any]], options: Sequence[str], width: float, height: float) -> Picture | None:
    """Return the picture of offers among these options; None where nothing was offered.

    Options that are numbers lie where their number does, others one above the other in their order.
    """
    offered = [move for move in moves if move["act"] in _OFFERS and move["option"] in options]
    if not offered:
        return None
    heights, top, bottom = _heights(options)
    rounds = max(move["round"] for move in offered)
    step = width / max(rounds - 1, 1)
    lines: dict[str, list[Point]] = {}
    for move in offered:
        x = (move["round"] - 1) * step if rounds > 1 else width / 2
        y = height - heights[move["option"]] * height
        lines.setdefault(move["party"], []).append((round(x, 1), round(y, 1)))
    return Picture(tuple(Line(party, tuple(points)) for party, points in lines.items()), top, bottom, rounds)


def course(rounds: Sequence[Mapping[str, Any]], width: float, height: float) -> Picture | None:
    """Return the picture of a contract net: what it costs and what it must cost at least, round by round."""
    known = [one for one in rounds if one["cost"] is not None]
    if not known:
        return None
    values = [value for one in known for value in (one["cost"], one["bound"])]
    low, high = min(values), max(values)
    span = high - low or 1.0
    step = width / max(len(known) - 1, 1)

    def line(name: str, title: str) -> Line:
        heights = [height - (one[name] - low) / span * height for one in known]
        return Line(title, tuple((round(at * step, 1), round(y, 1)) for at, y in enumerate(heights)))

    return Picture((line("cost", "cost"), line("bound", "at least")), f"{high:g}", f"{low:g}", len(known))


def _heights(options: Sequence[str]) -> tuple[dict[str, float], str, str]:
    """Return where each option lies from 0 to 1, and which one is at the top and at the bottom."""
    numbers = [_number(option) for option in options]
    if all(number is not None for number in numbers) and len(set(numbers)) > 1:
        known = {option: number for option, number in zip(options, numbers, strict=True) if number is not None}
        low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
        span = known[high] - known[low]
        return {option: (number - known[low]) / span for option, number in known.items()}, high, low
    last = max(len(options) - 1, 1)
    return {option: 1 - at / last for at, option in enumerate(options)}, options[0], options[-1]


def _number(option: str) -> float | None:
    try:
        return float(option)
    except ValueError:
        return None
