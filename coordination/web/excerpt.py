"""A large value made small enough to read: its beginning, and how much was left out."""

from collections.abc import Iterable, Iterator, Sized
from typing import Any, TypeVar

from coordination.web import words

# Of a list or an object so many entries, of a text so many characters, and of all entries together so many.
MOST_ENTRIES, LONGEST_TEXT, MOST_IN_ALL = 25, 2_000, 300
_REST = "…"
T = TypeVar("T")


def excerpt(value: Any) -> Any:
    """Return a JSON value with the rest of what is long left out, and said so where it was."""
    return _Cut().value(value)


class _Cut:
    def __init__(self) -> None:
        self._left = MOST_IN_ALL

    def value(self, value: Any) -> Any:
        self._left -= 1
        if isinstance(value, str):
            left_out = len(value) - LONGEST_TEXT
            return value if left_out <= 0 else value[:LONGEST_TEXT] + _rest(left_out, "character")
        if isinstance(value, dict):
            kept = {name: self.value(inner) for name, inner in self._some(value.items())}
            return kept | ({_REST: _more(value, kept)} if len(kept) < len(value) else {})
        if isinstance(value, list):
            items = [self.value(inner) for inner in self._some(value)]
            return items + ([_more(value, items)] if len(items) < len(value) else [])
        return value

    def _some(self, entries: Iterable[T]) -> Iterator[T]:
        for number, entry in enumerate(entries):
            if number >= MOST_ENTRIES or self._left <= 0:
                return
            yield entry


def _more(value: Sized, kept: Sized) -> str:
    return _rest(len(value) - len(kept), "entry", "entries")


def _rest(number: int, one: str, many: str | None = None) -> str:
    return f"{_REST} {words.plural(number, one, many)} more"
