"""A sealed second-price auction for a task: whoever asks least does it and is paid what the second asks.

So to ask for what it costs, with the risk that it fails, is the best that a bidder can do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite


@dataclass(frozen=True, slots=True)
class Bid:
    """What a bidder asks: what the task costs it, and what its failures cost on average."""

    cost: float
    risk_premium: float = 0.0

    @property
    def asks(self) -> float:
        """Return the whole of it."""
        return self.cost + self.risk_premium


@dataclass(frozen=True, slots=True)
class Sale:
    """Who does the task and for how much; "" and why, where nobody does."""

    winner: str
    price: float
    reason: str
    # All that may count, the cheapest first: who comes next if the winner fails.
    order: tuple[str, ...]


def sell(bids: Mapping[str, Bid], budget: float = inf) -> Sale:
    """Return who gets the task; a bid above the budget, below zero or not a number does not count."""
    asked = {name: bid.asks for name, bid in bids.items() if isfinite(bid.asks) and bid.cost >= 0 <= bid.risk_premium}
    fit = sorted((asks, name) for name, asks in asked.items() if asks <= budget)
    if not fit:
        least = min(asked.values(), default=None)
        reason = "Nobody bid." if least is None else f"The cheapest asks {least:g}, and the budget is {budget:g}."
        return Sale("", 0.0, reason, ())
    (asks, winner), *others = fit
    second = others[0][0] if others else min(budget, asks if budget == inf else budget)
    return Sale(winner, second, f"{winner} asks {asks:g} and is paid {second:g}.", tuple(name for _, name in fit))
