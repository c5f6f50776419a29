"""How much is at stake when an action leaves: the money it moves, and its risk."""

import math
from typing import Any

from coordination.agents.manifest import ToolSpec
from coordination.engine.trust.risk import Risk, RiskInput, score

_MONEY_FULL_SCALE = 1_000.0
_TOO_MUCH = 1e15
_SENSITIVITY = {"public": 0.1, "internal": 0.3, "customer": 0.6, "confidential": 0.9}


def money_in(spec: ToolSpec | None, args: dict[str, Any]) -> float:
    """Return the amount that an action moves, 0 when it moves none.

    What is not a number counts as infinite, which no policy can decide about: it is denied, not taken for nothing.
    """
    value = args.get(spec.amount) if spec and spec.amount else None
    if value is None:
        return 0.0
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _TOO_MUCH
    return float(value) if is_number else math.inf


def risk_of(spec: ToolSpec | None, amount: float, confidence: float | None) -> Risk:
    """Return the risk of an action; an unknown tool counts as the worst there is."""
    return score(
        RiskInput(
            confidence=confidence,
            money=min(1.0, amount / _MONEY_FULL_SCALE),
            data=_SENSITIVITY[spec.classification if spec else "confidential"],
            reversibility=spec.reversibility if spec else "irreversible",
            writes=spec is None or spec.effect == "write",
        )
    )
