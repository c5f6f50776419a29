"""Durations as people write them: 500ms, 20s, 5m, 2h, 3d."""

import re
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST_S = 36_500 * 86_400
_PATTERN = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m|h|d)$")


@lru_cache(1_024)
def seconds(text: str) -> float:
    """Return the seconds of a duration; raises ValueError."""
    match = _PATTERN.match(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a duration; write 500ms, 20s, 5m, 2h or 3d")
    found = float(match[1]) * _UNITS_S[match[2]]
    if found > _LONGEST_S:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return found


def _checked(text: str) -> str:
    seconds(text)
    return text


Duration = Annotated[str, AfterValidator(_checked)]
