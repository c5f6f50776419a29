"""Rules as tests make them, and a clock that ticks."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from coordination.engine.rules.combine import Effect
from coordination.engine.rules.ruleset import Rule

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def rule(key: str = "rule", when: str = "true", **changes: Any) -> Rule:
    values: dict[str, Any] = {
        "policy": "policy",
        "version": 1,
        "key": key,
        "title": "",
        "statement": f"{key} says so.",
        "when": when,
        "effect": Effect.DENY,
        "hooks": frozenset({"action"}),
    }
    return Rule(**{**values, **changes})


def clock() -> Callable[[], int]:
    ticks = count(0, 3_000)
    return lambda: next(ticks)
