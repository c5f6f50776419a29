"""A series of numbers as an SVG path."""

from collections.abc import Sequence
from itertools import pairwise


def ceiling(value: float) -> float:
    """Return the round number (1, 2 or 5 times a power of ten, at least 1) that a scale should end at."""
    top = 1.0
    while True:
        for factor in (1, 2, 5):
            if value <= top * factor:
                return top * factor
        top *= 10


def points(values: Sequence[float], width: float, height: float, top: float) -> list[tuple[float, float]]:
    """Spread values over a width; zero lies on the ground, `top` at the upper edge."""
    step = width / max(len(values) - 1, 1)
    return [(round(n * step, 1), round(height - value / top * height, 1)) for n, value in enumerate(values)]


def curve(line: Sequence[tuple[float, float]]) -> str:
    """Join points, ordered by x, with a smooth curve that never overshoots: it dips below zero nowhere.

    Source: F. N. Fritsch, R. E. Carlson, "Monotone Piecewise Cubic Interpolation",
    SIAM Journal on Numerical Analysis 17(2), 1980.
    """
    if not line:
        return ""
    slopes = _slopes(line)
    parts = [f"M{line[0][0]:g} {line[0][1]:g}"]
    for index, ((x1, y1), (x2, y2)) in enumerate(pairwise(line)):
        third = (x2 - x1) / 3
        one, other = y1 + slopes[index] * third, y2 - slopes[index + 1] * third
        parts.append(f"C{x1 + third:.4g} {one:.4g} {x2 - third:.4g} {other:.4g} {x2:g} {y2:g}")
    return "".join(parts)


def area(line: Sequence[tuple[float, float]], ground: float) -> str:
    """Return the curve closed down to the ground, for filling."""
    if not line:
        return ""
    return f"{curve(line)}V{ground:g}H{line[0][0]:g}Z"


def _slopes(line: Sequence[tuple[float, float]]) -> list[float]:
    """Return the slope at each point: the harmonic mean of its sides, flat at peaks and valleys."""
    sides = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in pairwise(line)]
    if not sides:
        return [0.0]
    inner = [0.0 if one * other <= 0 else 2 * one * other / (one + other) for one, other in pairwise(sides)]
    return [sides[0], *inner, sides[-1]]
