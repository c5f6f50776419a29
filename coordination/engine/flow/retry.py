"""Whether there is another attempt, and how long to wait before it."""

from coordination.engine.duration import seconds
from coordination.engine.flow.definition import Retry


def is_retried(retry: Retry, code: str, retryable: bool) -> bool:
    """Tell whether an error is one that is retried: those named, or else those that may pass by themselves."""
    return code in retry.on if retry.on else retryable


def delay_s(retry: Retry, tries: int, jitter: float) -> float:
    """Return the seconds to wait after `tries` failed attempts; `jitter` is uniform in [0, 1).

    Source: exponential backoff with full jitter.
    """
    longest = min(seconds(retry.limit), seconds(retry.backoff) * retry.factor ** (tries - 1))
    return longest * jitter
