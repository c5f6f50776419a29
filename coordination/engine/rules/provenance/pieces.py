"""The telling pieces of a text, in one spelling: addresses, links, accounts, dates, numbers, and the words between.

"UK12 3456 7890" and "uk1234567890", "$1,000.00" and 1000, "15 May 2024" and "2024-05-15" are the same piece.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

# Every repetition has a bound or an end of its own: texts come from strangers, and no pattern may take long over one.
_EMAIL: Final = re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# Names with dots are links as well as files: which of them does not matter for where they came from.
_LINK: Final = re.compile(
    r"(?:https?://|ftp://)[^\s<>\"'\]})]+|"
    r"\b[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,8}\.[a-z]{2,24}\b(?:/[^\s<>\"'\]})]*)?",
    re.IGNORECASE,
)
_ACCOUNT: Final = re.compile(
    r"\b[A-Z]{2}\d{2}(?:[A-Z0-9]{8,30}|(?:[ -][A-Z0-9]{4}){2,7}(?:[ -][A-Z0-9]{1,3})?)\b", re.IGNORECASE
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = r"(?P<m>" + "|".join(_MONTHS) + r")[a-z]*\.?"
_DATES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<y>\d{4})[-/.](?P<n>\d{1,2})[-/.](?P<d>\d{1,2})(?=\D|$)",
        r"\b(?P<d>\d{1,2})\.(?P<n>\d{1,2})\.(?P<y>\d{4})\b",
        r"\b(?P<n>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})\b",
        rf"\b{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y>\d{{4}})\b)?",
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:,?\s+(?P<y>\d{{4}})\b)?",
    )
)
_CLOCK: Final = re.compile(
    r"\b(?P<h>\d{1,2}):(?P<m>\d{2})(?::\d{2})?\s*(?P<p>[ap]\.?m\b)?|\b(?P<h2>\d{1,2})\s*(?P<p2>[ap]\.?m\b)",
    re.IGNORECASE,
)
_PHONE: Final = re.compile(r"(?<![\w.])\+?\d(?:[\d ()/-]{6,}\d)(?![\w.])")
# Letters and digits in one word, or words tied together by _ : names that machines gave.
_CODE: Final = re.compile(
    r"\b(?=[\w-]{0,80}\d)(?=[\w-]{0,80}[A-Za-z_])\w{1,80}(?:-\w{1,80}){0,12}\b|\b[A-Za-z]{1,80}(?:_[A-Za-z0-9]{1,80}){1,12}\b"
)
_NUMBER: Final = re.compile(r"(?<![\w.])-?(?:\d{1,3}(?:[,' ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?!\w)")
_WORD: Final = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_SPOKEN: Final = "zero one two three four five six seven eight nine ten eleven twelve"
_NAMED: Final = {word: number for number, word in enumerate(_SPOKEN.split())}
LONG_NUMBER: Final = 4


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a text says: what can hardly be meant by chance, the numbers, and the words in their order."""

    specific: frozenset[str]
    numbers: frozenset[str]
    words: tuple[str, ...]
    line: str

    def has_phrase(self, words: tuple[str, ...]) -> bool:
        """Tell whether these words stand here one after the other."""
        return f" {' '.join(words)} " in self.line

    def has_number(self, number: str) -> bool:
        """Tell whether this number stands here; a date counts with its day and its month, in any year."""
        return number in self.numbers

    def has_specific(self, piece: str) -> bool:
        """Tell whether this piece stands here; a link also as part of a longer one, a date also without its year."""
        if piece in self.specific:
            return True
        if piece.startswith("date:"):
            return f"date:----{piece[9:]}" in self.specific or (
                piece.startswith("date:----") and any(one.endswith(piece[9:]) for one in self.specific)
            )
        return piece.startswith("link:") and any(_is_within(piece[5:], one) for one in self.specific)


def plain(text: str) -> str:
    """Return a text in its plain letters, without characters that nobody sees."""
    if text.isascii():
        return text
    return "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")


@lru_cache(maxsize=2048)
def pieces_of(text: str) -> Pieces:
    """Return the telling pieces of a text."""
    found: set[str] = set()
    rest = plain(text)
    for kind, pattern, spell in _KINDS:
        rest = _taken(rest, pattern, kind, spell, found)
    numbers = {_number(one[0]) for one in _NUMBER.finditer(rest)}
    words = tuple(word.lower() for word in _WORD.findall(rest))
    numbers |= {str(_NAMED[word]) for word in words if word in _NAMED}
    return Pieces(frozenset(found), frozenset(numbers), words, f" {' '.join(words)} ")


def leaves_of(value: Any) -> Iterator[Any]:
    """Yield what a value holds at any depth, in its order: names of fields are not values."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, Mapping):
            left.extend(reversed(list(one.values())))
        elif isinstance(one, list | tuple):
            left.extend(reversed(one))
        else:
            yield one


def text_of(value: Any) -> str:
    """Return everything that a value says, for looking things up in it."""
    return "\n".join(str(leaf) for leaf in leaves_of(value) if leaf is not None)


def _taken(text: str, pattern: re.Pattern[str], kind: str, spell: Any, found: set[str]) -> str:
    """Add what the pattern finds, and return the text without it so that no later pattern takes it apart."""

    def take(match: re.Match[str]) -> str:
        said = spell(match)
        if said is None:
            return match[0]
        found.add(f"{kind}:{said}")
        return " "

    return pattern.sub(take, text)


def _number(text: str) -> str:
    value = float(re.sub(r"[,' ]", "", text))
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _date(match: re.Match[str]) -> str | None:
    parts = match.groupdict()
    month = int(parts["n"]) if parts.get("n") else _MONTHS.index(parts["m"][:3].lower()) + 1
    day = int(parts["d"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{parts.get('y') or '----'}-{month:02}-{day:02}"


def _clock(match: re.Match[str]) -> str | None:
    hour, minute = int(match["h"] or match["h2"]), match["m"] or "00"
    half = (match["p"] or match["p2"] or "").lower()[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour:02}:{minute}" if hour < 25 else None


def _link(match: re.Match[str]) -> str:
    said = re.sub(r"^(?:https?|ftp)://", "", match[0].rstrip(".,;:!?"), flags=re.IGNORECASE)
    return said.removeprefix("www.").rstrip("/").lower()


def _account(match: re.Match[str]) -> str | None:
    said = re.sub(r"[ -]", "", match[0])
    return said.lower() if sum(one.isdigit() for one in said) >= 6 else None


def _phone(match: re.Match[str]) -> str | None:
    digits = re.sub(r"\D", "", match[0])
    is_grouped_number = "," not in match[0] and re.fullmatch(r"\d{1,3}(?: \d{3})+", match[0])
    return digits if len(digits) >= 7 and not is_grouped_number else None


def _is_within(link: str, other: str) -> bool:
    # A full stop without a space runs into the next sentence's word.
    return other.startswith((f"link:{link}/", f"link:{link}."))


_KINDS: Final = (
    ("mail", _EMAIL, lambda match: match[0].strip(".'-").lower()),
    ("link", _LINK, _link),
    *(("date", pattern, _date) for pattern in _DATES),
    ("time", _CLOCK, _clock),
    ("code", _ACCOUNT, _account),
    ("phone", _PHONE, _phone),
    ("code", _CODE, lambda match: match[0].lower()),
)
