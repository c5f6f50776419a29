"""When to call again somebody who did not answer."""

from datetime import timedelta

FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=1)
# A fifth more or less, so that not all who failed together come back together.
SPREAD = 0.2


def pause(attempts: int, luck: float) -> timedelta:
    """Return how long to wait after so many attempts: a minute, twice as long each time, an hour at most.

    `luck` is uniform in [0, 1).
    """
    plain = min(FIRST * (1 << min(attempts - 1, 10)), LONGEST)
    return plain * (1 - SPREAD + 2 * SPREAD * luck)
