"""Where the middle and the edge of a sorted series lie."""

from collections.abc import Sequence


def median(values: Sequence[float]) -> float | None:
    """Return the middle of sorted values."""
    return percentile(values, 0.5)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value that this share of sorted values does not exceed, by nearest rank."""
    if not values:
        return None
    return values[min(len(values) - 1, max(0, -int(-share * len(values) // 1) - 1))]
