"""Which of many are looked at once more: one of every so many, at a place that nobody can foresee."""

import hashlib
from collections.abc import Callable
from typing import Final

_ALL_BITS: Final = 2**64


def draw_of(secret: str, *names: object) -> float:
    """Return a number from 0 up to 1, the same for the same names, that nobody foresees without the secret."""
    said = "\x1f".join([secret, *map(str, names)])
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:8]) / _ALL_BITS


def is_drawn(place: int, share: float, draw: Callable[[int], float]) -> bool:
    """Tell whether the one at this place (from 0) is drawn: of every 1/share, one, wherever its draw puts it.

    So a share of every stratum is drawn however few it has, and a reviewer who counts still cannot tell which.
    """
    if share <= 0:
        return False
    if share >= 1:
        return True
    first = int(place * share)
    return any(int((turn + draw(turn)) / share) == place for turn in (first - 1, first, first + 1) if turn >= 0)
