"""HTML: what a reader sees of it, and nothing that runs or hides."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from coordination.memory.extraction.model import Section

_SILENT = {"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "embed", "canvas", "nav"}
_BLOCKS = {
    "p", "div", "li", "tr", "td", "th", "br", "hr", "section", "article", "header", "footer", "aside", "main", "ul",
    "ol", "dl", "dt", "dd", "table", "blockquote", "pre", "figure", "figcaption", "form", "option", "summary",
}  # fmt: skip
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
}  # fmt: skip
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?![.\d])", re.IGNORECASE
)


class Reader(HTMLParser):
    """Collects sections; `hidden` counts the characters that a reader would not have seen."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self.hidden = "", 0
        self._name = name
        self._sections: list[Section] = []
        self._heading, self._text = "", list[str]()
        # Tags that opened something that is not to be read, the outermost first.
        self._closed: list[str] = []
        self._is_unseen = False
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open what is silent or hidden, and break the text where a block begins."""
        if self._closed:
            # Only tags of the same name are counted: what is left open inside must not swallow the rest.
            if tag == self._closed[0] and tag not in _VOID:
                self._closed.append(tag)
            return
        unseen = _is_unseen(dict(attrs))
        if (tag in _SILENT or unseen) and tag not in _VOID:
            self._closed, self._is_unseen = [tag], unseen
        elif tag in _HEADINGS:
            self._finish()
            self._inside = "heading"
        elif tag == "title":
            self._inside = "title"
        elif tag in _BLOCKS:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if self._closed:
            if tag == self._closed[0]:
                self._closed.pop()
        elif tag in _HEADINGS or tag == "title":
            self._inside = ""
        elif tag in _BLOCKS:
            self._text.append("\n")

    def handle_data(self, data: str) -> None:
        """Take text to where it belongs."""
        if self._closed:
            self.hidden += len(data.strip()) if self._is_unseen else 0
        elif self._inside == "title":
            self.title += data
        elif self._inside == "heading":
            self._heading += data
        else:
            self._text.append(data)

    def sections(self) -> Iterator[Section]:
        """Yield what was read; the page's own title names what stands before the first heading."""
        self._finish()
        page = " ".join(self.title.split()) or self._name
        for found in self._sections:
            yield Section(found.title or page, found.text, f"“{found.title}”"[:100] if found.title else "")

    def _finish(self) -> None:
        lines = (" ".join(line.split()) for line in "".join(self._text).split("\n"))
        text = "\n".join(filter(None, lines))
        if text:
            self._sections.append(Section(" ".join(self._heading.split()), text))
        self._heading, self._text = "", []


def html(text: str, name: str) -> tuple[list[Section], str]:
    """Return what a reader sees of a page, and a note where it hides text."""
    reader = Reader(name)
    reader.feed(text)
    reader.close()
    note = f"It hides {reader.hidden:,} characters from its readers; they were left out." if reader.hidden else ""
    return list(reader.sections()), note


def _is_unseen(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    return bool(_UNSEEN.search(attributes.get("style") or ""))
