"""What may be spent, and which limit a call that is about to be made would break."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from coordination.engine.duration import Duration, seconds
from coordination.engine.manifest import Spec

# Runs within runs within runs: a workflow that starts itself must end somewhere.
DEEPEST = 8
_MICRO = 1_000_000


class Allowance(Spec):
    """What may be spent; what is not named is not limited."""

    cost_usd: float | None = Field(default=None, gt=0, le=1e9)
    tokens: int | None = Field(default=None, gt=0, le=10**15, description="Read and written by agents together.")
    calls: int | None = Field(default=None, gt=0, le=10**12, description="Of agents and of tools, repeated ones too.")

    @property
    def counts(self) -> bool:
        """Tell whether calls have to be counted for it."""
        return any(_limit_of(self, unit.name) is not None for unit in _UNITS)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not any(getattr(self, name) is not None for name in type(self).model_fields):
            raise ValueError(f"limit at least one of {', '.join(type(self).model_fields)}")
        return self


class RunBudget(Allowance):
    """What one run may spend, with all runs within it."""

    time: Duration | None = Field(default=None, description="After so long, no further step begins.")
    depth: int | None = Field(default=None, ge=0, le=DEEPEST, description="How deep runs within the run may go.")


@dataclass(frozen=True, slots=True)
class Amounts:
    """Money, tokens and calls."""

    cost_microusd: int = 0
    tokens: int = 0
    calls: int = 0

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.cost_microusd + other.cost_microusd, self.tokens + other.tokens, self.calls + other.calls)

    def __sub__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.cost_microusd - other.cost_microusd, self.tokens - other.tokens, self.calls - other.calls)


NOTHING = Amounts()


@dataclass(frozen=True, slots=True)
class Planned:
    """The most that a call may take; None where nobody has said."""

    cost_microusd: int | None = None
    tokens: int | None = None
    calls: int = 1

    @property
    def amounts(self) -> Amounts:
        """Return what is reserved for the call."""
        return Amounts(self.cost_microusd or 0, self.tokens or 0, self.calls)


@dataclass(frozen=True, slots=True)
class _Unit:
    name: str
    noun: str
    verb: str

    def said(self, amount: int) -> str:
        if self.name == "cost_microusd":
            exact = f"{amount / _MICRO:,.6f}".rstrip("0")
            whole, _, cents = exact.partition(".")
            return f"${whole}.{cents:0<2}"
        return f"{amount:,} {self.noun if amount == 1 else self.noun + 's'}"


_UNITS = (_Unit("cost_microusd", "", "cost"), _Unit("tokens", "token", "take"), _Unit("calls", "call", ""))


def broken(limits: Allowance, whose: str, spent: Amounts, reserved: Amounts, planned: Planned) -> str | None:
    """Return the sentence about the limit that a call would break, or None if it keeps all of them.

    Where nobody has said what the call may take, it may begin while anything is left. `whose` has a {} for the limit.
    """
    for unit in _UNITS:
        limit, asked = _limit_of(limits, unit.name), getattr(planned, unit.name)
        if limit is None or asked == 0:
            continue
        used, held = getattr(spent, unit.name), getattr(reserved, unit.name)
        if used + held >= limit or used + held + (asked or 0) > limit:
            return _sentence(unit, whose, limit, (used, held), asked)
    return None


def deadline(budget: RunBudget | None, began_at: datetime) -> datetime | None:
    """Return when the time of a run is over, if it is limited."""
    if budget is None or budget.time is None:
        return None
    return began_at + timedelta(seconds=seconds(budget.time))


def too_late(until: datetime | None, at: datetime) -> str | None:
    """Return the sentence about a run whose time is over, or None while it is not."""
    if until is None or at < until:
        return None
    return f"The run's time is over: by its budget no step begins after {until:%Y-%m-%d %H:%M:%S} UTC."


def _limit_of(limits: Allowance, name: str) -> int | None:
    if name == "cost_microusd":
        return None if limits.cost_usd is None else round(limits.cost_usd * _MICRO)
    found: int | None = getattr(limits, name)
    return found


def _sentence(unit: _Unit, whose: str, limit: int, held: tuple[int, int], asked: int | None) -> str:
    used, reserved = (unit.said(amount) for amount in held)
    end = f", this call may {unit.verb} {unit.said(asked)}" if asked and unit.verb else ""
    return f"{whose.format(unit.said(limit))} is spent: {used} used, {reserved} reserved{end}."
