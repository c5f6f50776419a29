"""What an expression reads: the paths it follows from a name, and where in the text they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_BLOCK = r"""\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}"""
_RAW = rf"""\b[bB]?[rR](?:{_BLOCK}|"[^"\n]*"|'[^'\n]*')"""
_PLAIN = rf"""{_BLOCK}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
_TEXT = rf"(?:{_RAW}|(?:\b[bB])?(?:{_PLAIN}))"
_LINK = rf"\s*\.\s*(?P<dotted>[A-Za-z_]\w*)(?!\w)(?!\s*\()|\s*\[\s*(?:(?P<quoted>{_TEXT})|(?P<number>\d+))\s*\]"
_PIECE = re.compile(rf"{_TEXT}|//[^\n]*|(?P<name>[A-Za-z_]\w*)")
_LINKS = re.compile(_LINK)
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(\s*([A-Za-z_]\w*)\s*,")
_HAS = re.compile(r"(?<![\w.])has\s*\(\s*$")
_CLOSES = re.compile(r"\s*\)")


@dataclass(frozen=True, slots=True)
class Part:
    """One link of a path: the name of a field, or the number of an item; `at` is its offset."""

    key: str | int
    at: int


@dataclass(frozen=True, slots=True)
class Read:
    """A path from a name, `input.items[0].price` for instance; `is_asked` inside `has(…)`."""

    root: str
    at: int
    end: int
    parts: tuple[Part, ...]
    is_asked: bool

    @property
    def text(self) -> str:
        """Return the path as a person would write it."""
        return self.root + "".join(_written(part.key) for part in self.parts)


@lru_cache(maxsize=4096)
def reads(text: str) -> tuple[Read, ...]:
    """Return every path an expression reads; what stands in texts, in comments or is a loop's own name is none."""
    own = set(_BOUND.findall(text))
    return tuple(read for read in _all(text) if read.root not in own)


def without_questions(text: str) -> str:
    """Return an expression of the same length in which every `has(…)` is simply true."""
    for read in _all(text):
        opening, closing = _HAS.search(text, 0, read.at), _CLOSES.match(text, read.end)
        if opening and closing and read.parts:
            length = closing.end() - opening.start()
            text = text[: opening.start()] + "true".ljust(length) + text[closing.end() :]
    return text


def _all(text: str) -> Iterator[Read]:
    at = 0
    while piece := _PIECE.search(text, at):
        at = piece.end()
        if piece["name"] is None or text[: piece.start()].rstrip().endswith("."):
            continue
        parts: list[Part] = []
        while link := _LINKS.match(text, at):
            parts.append(_part(link))
            at = link.end()
        is_asked = _HAS.search(text, 0, piece.start()) is not None
        yield Read(piece["name"], piece.start(), at, tuple(parts), is_asked)


def _part(link: re.Match[str]) -> Part:
    if link["dotted"] is not None:
        return Part(link["dotted"], link.start("dotted"))
    if link["number"] is not None:
        return Part(int(link["number"]), link.start("number"))
    return Part(_unquoted(link["quoted"]), link.start("quoted"))


def _unquoted(literal: str) -> str:
    literal = literal.lstrip("bBrR")
    width = 3 if literal[:3] in ('"""', "'''") else 1
    return literal[width:-width]


def _written(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if key.isidentifier() else f"['{key}']"
