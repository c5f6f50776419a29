"""Bytes into text: by their mark, as UTF-8, or as what they most likely are, which is said."""

import codecs
import re

from coordination.memory.extraction.model import Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ENOUGH_TO_GUESS = 64 * 1024
_MOST_CONTROL = 0.02


def decoded(raw: bytes) -> tuple[str, str]:
    """Return the text and, where its encoding was guessed, a note that says so; raises Unreadable."""
    for mark, name in _MARKS:
        if raw.startswith(mark):
            try:
                return _clean(raw.decode(name)), ""
            except UnicodeDecodeError:
                raise Unreadable(f"it says that it is {name}, and is not") from None
    try:
        return _clean(raw.decode()), ""
    except UnicodeDecodeError:
        return _guessed(raw)


def _guessed(raw: bytes) -> tuple[str, str]:
    from charset_normalizer import from_bytes  # noqa: PLC0415  (only what is not UTF-8 needs it)

    best = None if b"\x00" in raw[:_ENOUGH_TO_GUESS] else from_bytes(raw[:_ENOUGH_TO_GUESS]).best()
    if best is None:
        raise Unreadable("it is neither text in a known encoding nor one of PDF, HTML, Markdown and CSV")
    text = raw.decode(best.encoding, errors="replace")
    return _clean(text), f"It is not UTF-8; it was read as {best.encoding}."


def _clean(text: str) -> str:
    """Return the text without control characters; many of them are no text at all."""
    cleaned, n = _CONTROL.subn("", text)
    if n > 16 and n > _MOST_CONTROL * len(text):
        raise Unreadable("it is not text but binary data")
    return cleaned.replace("\r\n", "\n").replace("\r", "\n")
