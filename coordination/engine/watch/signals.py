"""What detectors are told, and what they tell."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

Kind = Literal["call", "message", "result", "progress", "cost", "outcome", "vote"]
Remedy = Literal["warn", "pause", "quarantine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that happened in a run; `number` counts them, `at` is in seconds.

    `content` is what was said or asked, as text or as its digest: detectors only compare it. `state` is a digest of
    what the run knows; `artefact` tells that something new came of it.
    """

    number: int
    at: float
    kind: Kind
    agent: str
    to: str = ""
    content: str = ""
    state: str = ""
    artefact: bool = False
    cost: float = 0.0
    is_ok: bool = True
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a detector saw: since when, who took part, why it thinks so, and what should be done."""

    detector: str
    remedy: Remedy
    since: int
    at: int
    agents: tuple[str, ...]
    why: str
    figures: dict[str, float] = field(default_factory=dict)


class Detector(Protocol):
    """Is told everything in order, keeps a bounded memory, and tells what it finds when it finds it."""

    def see(self, signal: Signal) -> Finding | None:
        """Take note of one thing that happened."""
