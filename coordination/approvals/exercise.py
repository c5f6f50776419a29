"""Questions that somebody should refuse: what an exercise says, and the set that comes with the product."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import Field

from coordination.engine.manifest import NAME, Spec
from coordination.shared.json import JsonObject

_READY: Final = Path(__file__).with_name("exercises.yaml")


class Shown(Spec):
    """One piece of evidence beside the question."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    text: Annotated[str, Field(max_length=2_000)] = ""
    source: Annotated[str, Field(max_length=200)] = ""
    score: Annotated[float, Field(ge=0, le=1)] | None = None


class ExerciseSpec(Spec):
    """One question that is wrong to approve, and why: `parameters` are put over those of a real question like it."""

    title: Annotated[str, Field(min_length=1, max_length=300)]
    intent: Annotated[str, Field(max_length=2_000)] = ""
    operation: Annotated[str, Field(min_length=1, max_length=100)]
    parameters: dict[str, Any] = Field(default_factory=dict)
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    evidence: list[Shown] = Field(default_factory=list, max_length=10)
    risk_band: Literal["", "low", "medium", "high", "critical"] = ""
    lesson: Annotated[str, Field(min_length=1, max_length=1_000)]


@dataclass(frozen=True, slots=True)
class Entry:
    """An exercise of an organization's catalogue; `is_ready` where it is as the product brought it."""

    key: Annotated[str, Field(pattern=NAME)]
    spec: ExerciseSpec
    is_active: bool = True
    is_ready: bool = False


@lru_cache
def ready() -> tuple[Entry, ...]:
    """Return the set that comes with the product."""
    found: dict[str, JsonObject] = yaml.safe_load(_READY.read_text(encoding="utf-8"))
    return tuple(Entry(key, ExerciseSpec.model_validate(said), is_ready=True) for key, said in found.items())
