"""The list of decisions with its filters."""

from collections.abc import Sequence
from dataclasses import dataclass

from coordination.engine.rules.hooks import HOOKS
from coordination.policies.models import PolicyDecision
from coordination.web.contexts.decided import Decided
from coordination.web.contexts.parts import Pager
from coordination.web.contexts.status import VERDICTS
from coordination.web.forms.decisions import DecisionFilters

PERIODS = {"1h": "last hour", "24h": "last 24 hours", "7d": "last 7 days", "30d": "last 30 days"}


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a filter."""

    value: str
    title: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class DecisionsPage:
    """Decisions, newest first."""

    rows: list[Decided]
    pager: Pager
    here: str
    typed: dict[str, str]
    outcomes: list[Option]
    hooks: list[Option]
    policies: list[Option]
    periods: list[Option]
    is_filtered: bool

    @classmethod
    def of(
        cls,
        decisions: Sequence[PolicyDecision],
        pager: Pager,
        filters: DecisionFilters,
        policies: Sequence[str],
        here: str,
    ) -> "DecisionsPage":
        """Compute the page."""
        typed = dict(filters.typed)
        return cls(
            rows=[Decided.of(one) for one in decisions],
            pager=pager,
            here=here,
            typed=typed,
            outcomes=_options({name: status.word for name, status in VERDICTS.items()}, typed.get("outcome", "")),
            hooks=_options({name: hook.title for name, hook in HOOKS.items()}, typed.get("hook", "")),
            policies=_options({name: name for name in policies}, typed.get("policy", "")),
            periods=_options(PERIODS, typed.get("period", "")),
            is_filtered=bool(typed),
        )


def _options(titles: dict[str, str], chosen: str) -> list[Option]:
    return [Option(value, title, value == chosen) for value, title in titles.items()]
