"""How long to wait before the next attempt."""

from coordination.engine.duration import seconds
from coordination.engine.flow.definition import Retry


def delay_s(retry: Retry, tries: int, jitter: float) -> float:
    """Return the seconds to wait after `tries` failed attempts; `jitter` is uniform in [0, 1).

    Source: exponential backoff with full jitter.
    """
    longest = min(seconds(retry.limit), seconds(retry.backoff) * retry.factor ** (tries - 1))
    return longest * jitter
