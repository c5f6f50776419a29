"""Where a character of a text value stands in the YAML that says it, however it was quoted, folded or escaped.

Quoting, folding and indenting change blanks and spellings, but never the order of the other characters: the n-th
character that is not blank is the n-th one in the source too.
"""

import re
from collections.abc import Iterator

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_HEADER = re.compile(r"[^\r\n]*(?:\r\n|[\r\n])?")
_PLAIN = re.compile(r"[\s\S]")
_SINGLE = re.compile(r"''|[\s\S]")
# Two halves of one character come first: JSON may write an astral character so.
_DOUBLE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\[\s\S]|[\s\S]"
)
_BLANK_ESCAPES = frozenset("nrtvfN_LP \t\n\r")


def offset_in_source(source: str, style: str | None, value: str, offset: int) -> int:
    """Return where the character at `offset` of a scalar's value stands in the scalar's source.

    `style` is YAML's: a quote, `|`, `>`, or nothing for a plain one. A blank stands right after what is before it.
    """
    rank = sum(not character.isspace() for character in value[:offset])
    is_blank = offset >= len(value) or value[offset].isspace()
    end = 0
    for nth, (begins, ends) in enumerate(_visible(source, style)):
        if nth == rank and not is_blank:
            return begins
        if nth == rank:
            break
        end = ends
    return end


def _visible(source: str, style: str | None) -> Iterator[tuple[int, int]]:
    """Yield where each character that is not blank begins and ends."""
    start, end, pattern = _PROPERTIES.match(source).end(), len(source), _PLAIN  # type: ignore[union-attr]  # matches ""
    if style in ("|", ">"):
        start = _HEADER.match(source, start).end()  # type: ignore[union-attr]  # it matches nothing too
    elif style in ("'", '"'):
        start, end, pattern = start + 1, end - 1, _DOUBLE if style == '"' else _SINGLE
    for unit in pattern.finditer(source, start, end):
        if not _is_blank(unit[0]):
            yield unit.span()


def _is_blank(unit: str) -> bool:
    if len(unit) == 1 or unit == "''":
        return unit.isspace()
    if len(unit) == 2:
        return unit[1] in _BLANK_ESCAPES
    return len(unit) < 12 and chr(int(unit[2:], 16)).isspace()
