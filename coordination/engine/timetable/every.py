"""Every so often, by elapsed time: no clock change and no late start moves the next one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Every:
    """Steps of equal length from a first moment on."""

    step: timedelta
    start: datetime

    def after(self, moment: datetime) -> datetime:
        """Return the first time after a moment."""
        return self._nth(max(0, (moment - self.start) // self.step + 1))

    def between(self, after: datetime, until: datetime, most: int) -> list[datetime]:
        """Return the last `most` times after one moment and up to another, oldest first."""
        first = max(0, (after - self.start) // self.step + 1)
        last = (until - self.start) // self.step
        return [self._nth(number) for number in range(max(first, last - most + 1), last + 1)]

    def _nth(self, number: int) -> datetime:
        return (self.start + number * self.step).astimezone(UTC)
