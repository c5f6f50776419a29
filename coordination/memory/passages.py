"""Cut text into what can be embedded, ranked and quoted."""

import re
from collections.abc import Iterator

WORDS_PER_PASSAGE = 80
# A sentence beyond this is none: a table, a key, text without spaces. PostgreSQL could not index a megabyte of it.
LONGEST_SENTENCE = 2_000
MAX_THOUGHTS = 64
_BREAK = re.compile(r"(?<=[.!?])\s+|\n+")
_CODE = re.compile(r"\b(?:[A-Za-z]+(?:_[A-Za-z0-9]+)+|[A-Z]{2,}-\d+)\b")


def passages_of(text: str) -> list[str]:
    """Return the text in stretches of whole sentences, each about WORDS_PER_PASSAGE words long."""
    return [" ".join(group) for group in _groups(text)] or [text.strip()[:LONGEST_SENTENCE]]


def thoughts_of(query: str) -> list[str]:
    """Return the sentences of a query: a long story asks several things, and each is searched for by itself."""
    sentences = [piece.strip() for piece in _BREAK.split(query)]
    long_enough = [sentence for sentence in sentences if len(sentence) > 15]
    return long_enough[:MAX_THOUGHTS] or [query.strip()]


def codes_of(text: str) -> list[str]:
    """Return the codes that a text names, such as form_4711 or ABC-12, in lower case."""
    return sorted({match.lower()[:80] for match in _CODE.findall(text)})


def _groups(text: str) -> Iterator[list[str]]:
    group: list[str] = []
    n_words = 0
    for sentence in _sentences(text):
        length = len(sentence.split())
        if group and n_words + length > WORDS_PER_PASSAGE:
            yield group
            group, n_words = [], 0
        group.append(sentence)
        n_words += length
    if group:
        yield group


def _sentences(text: str) -> Iterator[str]:
    for piece in _BREAK.split(text):
        sentence = piece.strip()
        while len(sentence) > LONGEST_SENTENCE:
            cut = sentence.rfind(" ", LONGEST_SENTENCE // 2, LONGEST_SENTENCE)
            cut = cut if cut > 0 else LONGEST_SENTENCE
            yield sentence[:cut]
            sentence = sentence[cut:].strip()
        if sentence:
            yield sentence
