"""When something is due, and what becomes of times that went by unseen."""

from datetime import datetime
from typing import Protocol


class Timetable(Protocol):
    """Times at which something is due, in UTC."""

    def after(self, moment: datetime) -> datetime | None:
        """Return the first time after a moment, or None where there is none."""

    def between(self, after: datetime, until: datetime, most: int) -> list[datetime]:
        """Return the last `most` times after one moment and up to another, oldest first."""
