"""How figures, times and shares are written in a report."""

from datetime import datetime, timedelta

from coordination.shared.json import Json

NOTHING = "—"


def moment(at: datetime | None) -> str:
    """Write a moment to the minute, in UTC."""
    return f"{at:%Y-%m-%d %H:%M}" if at else NOTHING


def day(at: datetime | None) -> str:
    """Write a day."""
    return f"{at:%Y-%m-%d}" if at else NOTHING


def count(number: int) -> str:
    """Write a count."""
    return f"{number:,}"


def took(span: timedelta | float | None) -> str:
    """Write how long something took, in the unit that fits."""
    if span is None:
        return NOTHING
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    for unit_s, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit_s:
            return f"{seconds / unit_s:.1f} {unit}"
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"


def share(part: int, whole: int) -> str:
    """Write a share as a percentage."""
    return f"{100 * part / whole:.1f} %" if whole else NOTHING


def between(low: float, high: float) -> str:
    """Write an interval of shares."""
    return f"{100 * low:.1f}–{100 * high:.1f} %"


def listed(words: object) -> str:
    """Write a list of words."""
    found = [str(word) for word in words] if isinstance(words, list | tuple | set | frozenset) else []
    return ", ".join(found) or NOTHING


def iso(at: datetime | None) -> Json:
    """Return a moment as data."""
    return at.isoformat() if at else None
