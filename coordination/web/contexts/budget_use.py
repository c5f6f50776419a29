"""How much of a budget is used: one bar for each thing that it limits."""

from dataclasses import dataclass

from coordination.engine.flow.budget import Allowance, Amounts
from coordination.runs.selectors import Day
from coordination.web import words

# From this share on, a budget is said to run out.
_LOW = 0.8
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that a budget limits, and how it stands today."""

    title: str
    # What is counted, as it stands behind a number; money says so itself.
    unit: str
    said: str
    note: str
    percent: int
    tone: str
    exact: str

    @property
    def described(self) -> str:
        """Return the bar in words."""
        return f"{self.title}: {self.said}, {self.note}"


def uses_of(day: Day) -> list[Use]:
    """Return a bar for each thing that the budget limits."""
    limits = _limits(day.limits)
    titles = {"cost_microusd": "Money", "tokens": "Tokens", "calls": "Calls"}
    return [_use(title, name, limits[name], day.spent, day.reserved) for name, title in titles.items() if limits[name]]


def _limits(allowance: Allowance) -> dict[str, int]:
    cost = round((allowance.cost_usd or 0) * _MICRO)
    return {"cost_microusd": cost, "tokens": allowance.tokens or 0, "calls": allowance.calls or 0}


def _use(title: str, name: str, limit: int, spent: Amounts, reserved: Amounts) -> Use:
    said = words.money if name == "cost_microusd" else words.count
    used, held = getattr(spent, name), getattr(reserved, name)
    left = max(0, limit - used - held)
    share = (used + held) / limit
    return Use(
        title=title,
        unit="" if name == "cost_microusd" else name,
        said=f"{said(used)} of {said(limit)}",
        note=", ".join([f"{said(held)} reserved"] * bool(held) + [f"{said(left)} left" if left else "nothing left"]),
        percent=min(100, round(share * 100)),
        tone="bad" if not left else "wait" if share >= _LOW else "ok",
        exact=words.exact_money(used) if name == "cost_microusd" else f"{used:,}",
    )
