"""Cron expressions in a time zone, read as Debian's cron reads them.

Where a clock change skips an hour, what was due in it is due right after; where it repeats one, what has a fixed hour
is due in the first only. An expression whose minutes or hours begin with a star follows the clock as it is.
"""

import difflib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError

LONGEST = 200
_FIELDS = 5
_ANY = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression of five fields and the time zone whose clock it follows."""

    expression: str
    time_zone: str = "UTC"

    def after(self, moment: datetime) -> datetime | None:
        """Return the first time after a moment, or None where there is none within 50 years."""
        return next(self._from(moment), None)

    def between(self, after: datetime, until: datetime, most: int) -> list[datetime]:
        """Return the last `most` times after one moment and up to another, oldest first."""
        # Walked forward only, from as late as will do: backwards, a repeated hour would be lost.
        span = timedelta(hours=1)
        while True:
            start = max(after, until - span)
            found = deque(takewhile(lambda due: due <= until, self._from(start)), maxlen=most)
            if start == after or len(found) == most:
                return list(found)
            span *= 4

    def in_words(self) -> str:
        """Return what the expression means: "At 09:00 on Monday through Friday"."""
        return CronSim(self.expression, _ANY).explain()

    def _from(self, moment: datetime) -> Iterator[datetime]:
        last = moment
        for local in CronSim(self.expression, moment.astimezone(ZoneInfo(self.time_zone))):
            due = local.astimezone(UTC)
            # A repeated hour is walked again, and several times of a skipped hour become the same one.
            if due > last:
                last = due
                yield due


def readable_cron(text: str) -> str:
    """Return the expression without needless spaces; raises ValueError with what is wrong."""
    fields = text.split()
    if len(text) > LONGEST:
        raise ValueError(f"a cron expression has at most {LONGEST} characters")
    if len(fields) != _FIELDS:
        raise ValueError(f"write {_FIELDS} fields: minute, hour, day of month, month, day of week; such as 0 9 * * 1-5")
    expression = " ".join(fields)
    try:
        comes = Cron(expression).after(_ANY)
    except CronSimError as error:
        raise ValueError(f"{str(error).lower()} in {expression!r}") from None
    if comes is None:
        raise ValueError(f"{expression!r} never comes")
    return expression


def known_zone(name: str) -> str:
    """Return the name of a time zone; raises ValueError with the one that was probably meant."""
    name = name.strip()
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        close = difflib.get_close_matches(name, available_timezones(), n=1)
        raise ValueError(f"there is no time zone {name!r}; {close[0] if close else 'Europe/Berlin'} is one") from None
    return name
