"""What people look for among decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from coordination.engine.rules.hooks import HOOKS
from coordination.policies.models import Outcome
from coordination.shared.clock import now

PERIODS = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
_WORDS = ("agent", "action", "policy", "rule")
LONGEST = 100


@dataclass(frozen=True, slots=True)
class DecisionFilters:
    """The filters as they were typed; what makes no sense is left out."""

    typed: Mapping[str, str]

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "DecisionFilters":
        """Read the filters of an address."""
        names = (*_WORDS, "q", "outcome", "hook", "period", "run", "shadow")
        return cls({name: given[name].strip()[:LONGEST] for name in names if given.get(name, "").strip()})

    @property
    def asked(self) -> dict[str, Any]:
        """Return what the selector is asked for."""
        typed = self.typed
        asked: dict[str, Any] = {name: typed[name] for name in _WORDS if name in typed}
        if typed.get("outcome") in Outcome.values:
            asked["outcome"] = typed["outcome"]
        if typed.get("hook") in HOOKS:
            asked["hook"] = typed["hook"]
        if "q" in typed:
            asked["text"] = typed["q"].replace("\x00", "")
        if typed.get("period") in PERIODS:
            asked["since"] = now() - PERIODS[typed["period"]]
        if (run := _uuid(typed.get("run", ""))) is not None:
            asked["run_id"] = run
        return asked


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
