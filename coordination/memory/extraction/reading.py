"""Which kind of file it is, by its content first and its name second, and what is read out of it."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from coordination.memory.extraction.decoding import decoded
from coordination.memory.extraction.marked import markdown, plain
from coordination.memory.extraction.model import LONGEST_DOCUMENT, MOST_DOCUMENTS, Section, Unreadable
from coordination.memory.extraction.portable import pdf
from coordination.memory.extraction.table import table
from coordination.memory.extraction.web import html

_ARCHIVES = (
    b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!",
    b"\x28\xb5\x2f\xfd",
)  # fmt: skip
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"RIFF")
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|script|h[1-6]|p|div|table)\b", re.IGNORECASE)
_BY_ENDING = {
    ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".xhtml": "html", ".csv": "csv",
    ".tsv": "csv", ".txt": "text",
}  # fmt: skip


def kind_of(head: bytes, name: str) -> str:
    """Return pdf, html, markdown, csv or text for the first bytes of a file and its name; raises Unreadable."""
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(_ARCHIVES):
        raise Unreadable("it is an archive or an office file: unpack it, or save it as PDF, HTML or text")
    if head.startswith(_PICTURES):
        raise Unreadable("it is a picture, a sound or a film: only text is read")
    if (ending := Path(name).suffix.lower()) in _BY_ENDING:
        return _BY_ENDING[ending]
    return "html" if _HTML.search(head[:2048]) else "text"


def read(path: Path, name: str) -> Iterator[Section | str]:
    """Yield the sections of a file that say something, and notes about it as plain strings; raises Unreadable."""
    with path.open("rb") as file:
        kind = kind_of(file.read(2048), name)
        file.seek(0)
        if kind == "pdf":
            yield from _whole(pdf(file, name), "it has no text, only pictures: its text has to be recognized first")
            return
        raw = file.read()
    text, note = decoded(raw)
    if note:
        yield note
    if kind == "html":
        sections, note = html(text, name)
        if note:
            yield note
        yield from _whole(sections, "its readers see no text")
    else:
        read_as = {"markdown": markdown, "csv": table, "text": plain}[kind]
        yield from _whole(read_as(text, name), "it is empty")


def _whole(sections: Iterable[Section], otherwise: str) -> Iterator[Section]:
    """Yield what says something, in parts where it is long; raises Unreadable if nothing does."""
    n = 0
    for section in sections:
        for text in _parts(section.text.strip()):
            n += 1
            if n > MOST_DOCUMENTS:
                raise Unreadable(f"it has more than {MOST_DOCUMENTS:,} parts: split it")
            yield Section(section.title[:300].strip(), text, section.place[:100], section.label[:100])
    if not n:
        raise Unreadable(otherwise)


def _parts(text: str) -> Iterator[str]:
    while len(text) > LONGEST_DOCUMENT:
        cut = max(text.rfind(mark, LONGEST_DOCUMENT // 2, LONGEST_DOCUMENT) for mark in ("\n", ". ", " "))
        cut = cut + 1 if cut > 0 else LONGEST_DOCUMENT
        yield text[:cut].strip()
        text = text[cut:].strip()
    if text:
        yield text
