"""What becomes of times that went by while nobody looked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

# So late, something still counts as on time.
PUNCTUAL = timedelta(minutes=1)
# After a long absence the newest so many are made up for.
MOST_CAUGHT_UP = 100


class CatchUp(StrEnum):
    """Which missed times are made up for."""

    SKIP = "skip"
    LAST = "last"
    ALL = "all"


def to_start(due: Sequence[datetime], moment: datetime, policy: CatchUp) -> list[datetime]:
    """Return which of the times up to this moment, oldest first, to start for; the others were missed."""
    if policy == CatchUp.ALL:
        return list(due[-MOST_CAUGHT_UP:])
    is_late = not due or moment - due[-1] > PUNCTUAL
    return [] if is_late and policy == CatchUp.SKIP else list(due[-1:])
