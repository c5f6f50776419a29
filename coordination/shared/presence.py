"""Is anyone at work? Workers say so every few seconds; a hint only, so it lives in the cache."""

from django.core.cache import cache

# Celery's workers beat every two seconds.
FORGOTTEN_AFTER_S = 10
_KEY = "worker-present"


def announce(**_: object) -> None:
    """Say that a worker is alive."""
    cache.set(_KEY, True, FORGOTTEN_AFTER_S)


def anyone_at_work() -> bool:
    """Tell whether a worker was alive a moment ago."""
    return bool(cache.get(_KEY))
