"""How far an agent may act by itself: levels that a record earns, a person grants, and events take away.

0 proposes only · 1 each act is approved · 2 acts of high risk are · 3 one in ten is · 4 policies alone decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

# The lower bound of how often it is right that a level takes; below 2 nothing is left to the agent.
GATES: Final[Mapping[int, float]] = {2: 0.90, 3: 0.95, 4: 0.98}
FEWEST: Final = 50
CALM: Final = timedelta(days=30)
# It keeps a level until its lower bound is so far below what the level takes.
SLACK: Final = 0.05
SAMPLED: Final = 0.1


@dataclass(frozen=True, slots=True)
class Track:
    """What is known of an agent's present version: outcomes, the lower bound of being right, the last bad incident."""

    n: float
    lower: float
    severe_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """At which level an agent was placed, when, and in which version."""

    level: int
    at: datetime
    version: int


def missing(level: int, track: Track, now: datetime) -> list[str]:
    """Return what a record lacks for a level, in sentences; nothing where it is earned."""
    gate = GATES.get(level)
    if gate is None:
        return []
    found = []
    if track.n < FEWEST:
        found.append(f"It takes {FEWEST} outcomes, and there are {track.n:.0f}.")
    if track.lower < gate:
        found.append(f"It must be right in at least {gate:.0%} of cases for certain; so far that is {track.lower:.1%}.")
    if track.severe_at is not None and now - track.severe_at < CALM:
        found.append(f"A severe incident on {track.severe_at:%Y-%m-%d} is less than {CALM.days} days ago.")
    return found


def fall(placed: Placed, track: Track, version: int, drifted: tuple[float, float] | None) -> str:
    """Return why an agent falls by one level at once, or "" where it stays."""
    if placed.level == 0:
        return ""
    if track.severe_at is not None and track.severe_at > placed.at:
        return "A severe incident: an act of high risk went wrong."
    if placed.level not in GATES:
        return ""
    if version > placed.version:
        return f"Version {version} is new: what it was trusted with was earned by version {placed.version}."
    gate = GATES[placed.level]
    if track.n >= FEWEST and track.lower < gate - SLACK:
        return f"It is right in at least {track.lower:.1%} of cases for certain; this level takes {gate:.0%}."
    if drifted is not None and drifted[1] < drifted[0]:
        return f"It is right less often than before: {drifted[1]:.0%} of the time instead of {drifted[0]:.0%}."
    return ""
