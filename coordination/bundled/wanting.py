"""Read from a message how much money is asked back, and for which order."""

import re
from dataclasses import dataclass

_NUMBER = r"(\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?)"
# Nobody is owed a billion: that many digits are some other number.
MAX_AMOUNT = 1e9
_AMOUNTS = (
    re.compile(rf"([$€£])\s?{_NUMBER}(?!\d)"),
    re.compile(rf"\b(USD|EUR|GBP)\s?{_NUMBER}(?!\d)", re.IGNORECASE),
    re.compile(rf"(?<![\d.,]){_NUMBER}\s?(dollars?|euros?|pounds?|usd|eur|gbp|[$€£])(?!\w)", re.IGNORECASE),
    # A bare number with two decimals is a price; without them it may be anything.
    re.compile(r"(?<![\d.,])(\d+\.\d{2})(?![\d.])"),
)
_ORDER = re.compile(
    r"\b(?:order|invoice|purchase|booking)\s*(?:number|no\.?|id)?\s*[:#]?\s*#?\s*([A-Z]{0,4}-?\d{3,}[\w-]*)|#(\d{4,})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """Money asked back: `spelled` is the amount as it was written."""

    amount: float
    spelled: str
    order: str


def wish_in(message: str, order: str = "") -> Wish | None:
    """Return the amount and order that a message names, or None unless it names both; a given order goes first."""
    found_order = order or _order_in(message)
    amount = _amount_in(message)
    if not found_order or amount is None:
        return None
    return Wish(amount[0], amount[1], found_order)


def _order_in(message: str) -> str:
    match = _ORDER.search(message)
    return (match[1] or match[2]) if match else ""


def _amount_in(message: str) -> tuple[float, str] | None:
    for pattern in _AMOUNTS:
        if match := pattern.search(message):
            digits = next(group for group in match.groups() if group and group[0].isdigit())
            amount = float(digits.replace(",", ""))
            return (amount, match[0].strip()) if amount < MAX_AMOUNT else None
    return None
