"""The picture of a proof: from a record's hash up to the root, and what stands beside it on the way."""

from collections.abc import Sequence
from dataclasses import dataclass

from coordination.web import words

WIDTH, RUNG = 380, 42
_MIDDLE, _BOX_WIDTH, _BOX_HEIGHT, _EDGE = WIDTH / 2, 118, 32, 1


@dataclass(frozen=True, slots=True)
class Rung:
    """One step up: the hash of the records beside, and where all that is drawn; `top` is where it leads."""

    side: str
    covers: str
    hash: str
    short: str
    x: float
    y: float
    text_x: float
    covers_y: float
    hash_y: float
    top: float
    path: str
    box_width: int = _BOX_WIDTH
    box_height: int = _BOX_HEIGHT


@dataclass(frozen=True, slots=True)
class Ladder:
    """A drawn proof, its rungs from the record upward."""

    rungs: list[Rung]
    described: str
    height: float
    foot: float
    foot_text: float
    root: str
    root_short: str
    width: int = WIDTH
    step: int = RUNG
    middle: float = _MIDDLE

    @classmethod
    def of(cls, seq: int, size: int, path: Sequence[bytes], root: bytes) -> "Ladder":
        """Draw the proof that leaf `seq` is in a tree of `size` leaves."""
        spans = _spans(seq, size)
        foot = RUNG * len(path) + 26.0
        levels = enumerate(zip(spans, path, strict=False))
        rungs = [_rung(foot - RUNG * level, span, beside, seq) for level, (span, beside) in levels]
        way = words.plural(len(path), "hash", "hashes")
        described = f"{way} beside the way from record {words.count(seq)} to the root of {words.plural(size, 'record')}"
        return cls(rungs, described, foot + 30, foot, foot + 24, root.hex(), shortened(root.hex()))


def shortened(text: str) -> str:
    """Return a hash short enough to compare by eye."""
    return f"{text[:6]}…{text[-4:]}"


def _rung(y: float, span: tuple[int, int], beside: bytes, seq: int) -> Rung:
    first, end = span
    is_before = first < seq
    x = _EDGE if is_before else WIDTH - _BOX_WIDTH - _EDGE
    inner = x + _BOX_WIDTH if is_before else x
    top, middle_y = y - RUNG, y - RUNG / 2
    return Rung(
        side="before" if is_before else "after",
        covers=f"{words.count(end - first)} {'before' if is_before else 'after'}",
        hash=beside.hex(),
        short=shortened(beside.hex()),
        x=x,
        y=middle_y - _BOX_HEIGHT / 2,
        text_x=x + _BOX_WIDTH / 2,
        covers_y=middle_y - 3,
        hash_y=middle_y + 11,
        top=top,
        path=f"M{inner:g} {middle_y:g}C{_MIDDLE:g} {middle_y:g} {_MIDDLE:g} {middle_y:g} {_MIDDLE:g} {top:g}",
    )


def _spans(seq: int, size: int) -> list[tuple[int, int]]:
    """Return which records stand beside the way, from the leaf upward (RFC 9162, 2.1.3)."""
    begin, end = 0, size
    spans = []
    while end - begin > 1:
        middle = begin + (1 << (end - begin - 1).bit_length() - 1)
        spans.append((middle, end) if seq < middle else (begin, middle))
        begin, end = (begin, middle) if seq < middle else (middle, end)
    return spans[::-1]
