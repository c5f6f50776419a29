"""Moments as people write them: 2027-01-31T12:00:00Z."""

from datetime import UTC, datetime


def moment(text: str) -> datetime:
    """Return the moment that a text names, in UTC; raises ValueError."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a time; write 2027-01-31T12:00:00Z") from None
    if found.tzinfo is None:
        raise ValueError(f"{text!r} does not say its time zone; write 2027-01-31T12:00:00Z or +01:00")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is before or after all time") from None
