"""Take text apart into sentences."""

import re
from collections.abc import Mapping

# After a full stop and its closing quote, or after the citation that follows them; never before a citation.
_BREAK = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"')])|(?<=\d\]))\s+(?!\[\d{1,2}\])(?=[\"'(\[]*[A-Z0-9$€£])|\n+")
_MARKER = re.compile(r"\s*\[(\d{1,2})\]")


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text, without empty ones."""
    return [sentence.strip() for sentence in _BREAK.split(text) if sentence.strip()]


def markers_in(text: str) -> list[int]:
    """Return the numbers of the sources that a text cites as [1], [2] …"""
    return [int(number) for number in _MARKER.findall(text)]


def without_markers(text: str) -> str:
    """Return a text without its citations."""
    return _MARKER.sub("", text)


def renumbered(text: str, numbers: Mapping[int, int]) -> str:
    """Return a text whose citations have new numbers; one without a new number is removed."""
    return _MARKER.sub(lambda marker: f" [{numbers[int(marker[1])]}]" if int(marker[1]) in numbers else "", text)
