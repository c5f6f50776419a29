"""Plain text and Markdown: one section a heading."""

import re
from collections.abc import Iterator

from coordination.memory.extraction.model import Section

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")


def plain(text: str, name: str) -> Iterator[Section]:
    """Yield a text as one section."""
    yield Section(name, text)


def markdown(text: str, name: str) -> Iterator[Section]:
    """Yield the text before the first heading and each heading's; a # inside code is no heading."""
    title, lines, fence = name, list[str](), ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence == mark[1] else fence or mark[1]
        heading = None if fence else _HEADING.match(line)
        if heading:
            yield Section(title, "\n".join(lines), "" if title == name else f"“{title}”"[:100])
            title, lines = heading[2], []
        else:
            lines.append(line)
    yield Section(title, "\n".join(lines), "" if title == name else f"“{title}”"[:100])
