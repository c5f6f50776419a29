"""Moments on an axis on which long idle gaps take little room, so that short work beside them stays visible."""

from collections.abc import Sequence
from dataclasses import dataclass

# A gap is cut when it is longer than this share of all work; it then takes that share of the axis.
LONGEST_GAP = 0.35
CUT_GAP = 0.08


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time with its place on the axis, from 0 to 1."""

    start_s: float
    end_s: float
    left: float
    right: float
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """From moments in seconds to places from 0 to 1."""

    pieces: tuple[Piece, ...]

    @property
    def cuts(self) -> tuple[Piece, ...]:
        """Return the gaps that were cut."""
        return tuple(piece for piece in self.pieces if piece.is_cut)

    def place(self, moment_s: float) -> float:
        """Return where a moment lies; what is outside lies on the edge."""
        for piece in self.pieces:
            if moment_s <= piece.end_s:
                length_s = piece.end_s - piece.start_s
                share = max(0.0, moment_s - piece.start_s) / length_s if length_s else 0.0
                return piece.left + share * (piece.right - piece.left)
        return 1.0


def axis(spans: Sequence[tuple[float, float]]) -> Axis:
    """Return the axis for stretches of work, each from start to end in seconds."""
    busy = _union(spans)
    if not busy:
        return Axis(())
    work_s = sum(end - start for start, end in busy) or 1e-3
    stretches: list[tuple[float, float, float, bool]] = []
    for index, (start, end) in enumerate(busy):
        if index:
            gap_start = busy[index - 1][1]
            is_cut = start - gap_start > LONGEST_GAP * work_s
            stretches.append((gap_start, start, CUT_GAP * work_s if is_cut else start - gap_start, is_cut))
        stretches.append((start, end, max(end - start, 1e-9), False))
    total = sum(length for _, _, length, _ in stretches)
    pieces, left = [], 0.0
    for start, end, length, is_cut in stretches:
        right = left + length / total
        pieces.append(Piece(start, end, left, right, is_cut))
        left = right
    return Axis(tuple(pieces))


def _union(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the stretches in which anything happens, in order, without overlaps."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
