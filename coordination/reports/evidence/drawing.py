"""Pictures of a report, drawn from numbers; they stand alone, in HTML and in PDF alike."""

from collections.abc import Sequence
from html import escape

# What it is called, its value, where its interval begins and ends (all of one), and what is said at its end.
Interval = tuple[str, float, float, float, str]

_WIDTH, _LEFT, _RIGHT = 720, 240, 80
_ROW, _TOP = 22, 26
_LONGEST = 38
_INK, _DIM, _LINE, _ACCENT = "#14181f", "#4c5563", "#cfd5de", "#3b5bdb"


def intervals(rows: Sequence[Interval], least: float = 0.0, most: float = 1.0) -> str:
    """Return a drawing of shares with their intervals, one below the other, on a scale from least to most."""
    height = _TOP + _ROW * len(rows) + 8
    parts = [_axis(at, least + at * (most - least), height) for at in (0, 0.25, 0.5, 0.75, 1)]
    for number, (name, value, low, high, said) in enumerate(rows):
        places = [(share - least) / (most - least) for share in (value, low, high)]
        parts.append(_row(number, name, places, said))
    return _svg(_WIDTH, height, parts)


def stacked(parts: Sequence[tuple[int, str]]) -> str:
    """Return one bar whose parts have the lengths of their counts, each with its colour."""
    whole = sum(count for count, _ in parts) or 1
    drawn, at = [], 0.0
    for count, colour in parts:
        width = count / whole * _WIDTH
        drawn.append(f'<rect x="{at:.1f}" y="0" width="{max(0.0, width - 2):.1f}" height="14" rx="3" fill="{colour}"/>')
        at += width
    return _svg(_WIDTH, 14, drawn)


def _axis(at: float, share: float, height: int) -> str:
    x = _x(at)
    return (
        f'<line x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{height - 6}" stroke="{_LINE}" stroke-width="1"/>'
        f'<text x="{x:.1f}" y="12" font-size="11" fill="{_DIM}" text-anchor="middle">{share:.0%}</text>'
    )


def _row(number: int, name: str, places: Sequence[float], said: str) -> str:
    value, low, high = places
    y = _TOP + _ROW * number + 8
    shown = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
    return (
        f'<text x="0" y="{y + 4}" font-size="12" fill="{_INK}">{escape(shown)}</text>'
        f'<line x1="{_x(low):.1f}" y1="{y}" x2="{_x(high):.1f}" y2="{y}" stroke="{_ACCENT}" stroke-width="3" '
        f'stroke-linecap="round" stroke-opacity="0.45"/><circle cx="{_x(value):.1f}" cy="{y}" r="4" fill="{_ACCENT}"/>'
        f'<text x="{_WIDTH}" y="{y + 4}" font-size="11" fill="{_DIM}" text-anchor="end">{escape(said)}</text>'
    )


def _x(at: float) -> float:
    return _LEFT + max(0.0, min(1.0, at)) * (_WIDTH - _LEFT - _RIGHT)


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">'
        f"{''.join(parts)}</svg>"
    )
