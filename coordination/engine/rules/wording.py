"""Fill a rule's sentences with what happened: `${params.limit}`, `${action.amount}`, `${facts.intent}`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

PLACE = re.compile(r"\$\{\s*([A-Za-z_][\w.]*)\s*\}")


def names_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield each name that a sentence wants filled in, with the offset at which it is written."""
    for place in PLACE.finditer(text):
        yield place[1], place.start(1)


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Return the sentence with its places filled; what is not there reads as a dash."""
    if "${" not in text:
        return text
    return PLACE.sub(lambda place: _in_words(place, _look_up(place[1], values)), text)


def _in_words(place: re.Match[str], value: Any) -> str:
    # A dollar sign right before the place says that it holds money: 64.9 would read as a slip, 1374 as a number.
    is_money = place.start() > 0 and place.string[place.start() - 1] == "$"
    return money(value) if is_money else words(value)


def money(value: Any) -> str:
    """Return an amount as a person writes it after a currency sign: 1,374 or 64.90; what is none, in words."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
        return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
    return words(value)


def words(value: Any) -> str:
    """Return a value as a person writes it."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{value:g}"
        case list() | tuple():
            return ", ".join(words(item) for item in value) or "–"
        case dict():
            return ", ".join(f"{key} {words(item)}" for key, item in value.items()) or "–"
    return str(value)


def _look_up(name: str, values: Mapping[str, Any]) -> Any:
    """Return the value of a dotted name: a variable, or something inside a map variable."""
    if name in values:
        return values[name]
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        found: Any = values.get(".".join(parts[:end]))
        if found is not None:
            for part in parts[end:]:
                found = found.get(part) if isinstance(found, Mapping) else None
            return found
    return None
