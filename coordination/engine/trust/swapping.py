"""Say the same about people of another group: swap the words that name one for those that name the other."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Terms = Mapping[str, Sequence[str]]


def variants(value: Any, terms: Terms) -> dict[str, Any]:
    """Return a JSON value as it would be about each group; words at the same place of two lists stand for each other.

    A word that stands in several lists, or twice in one, is read as the first of them.
    """
    places: dict[str, int] = {}
    for words in terms.values():
        for at, word in enumerate(words):
            places.setdefault(word.lower(), at)
    pattern = _pattern(places)
    return {group: _swapped(value, pattern, places, words) for group, words in terms.items()}


def mentions(value: Any, terms: Terms) -> bool:
    """Tell whether a JSON value names any group at all."""
    pattern = _pattern({word.lower(): 0 for words in terms.values() for word in words})
    return any(pattern.search(text) for text in _texts(value))


def _pattern(words: Mapping[str, int]) -> re.Pattern[str]:
    # Longer words first: "Mr and Mrs" is not "Mr".
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)", re.IGNORECASE)


def _swapped(value: Any, pattern: re.Pattern[str], places: Mapping[str, int], words: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return {key: _swapped(item, pattern, places, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_swapped(item, pattern, places, words) for item in value]
    if not isinstance(value, str):
        return value
    return pattern.sub(lambda found: _as_written(found[0], words[places[found[0].lower()]]), value)


def _as_written(before: str, after: str) -> str:
    """Return a word in the capitals of the one it takes the place of."""
    if before.isupper() and len(before) > 1:
        return after.upper()
    return after[:1].upper() + after[1:] if before[:1].isupper() else after


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []
