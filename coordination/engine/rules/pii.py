"""Find personal data in texts: patterns, and check digits where the data has them.

No pattern looks at a place more often than a fixed number of times, so that a long text cannot hold up a decision.
"""

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

_CARD = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_IDENTITY = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
_PASSWORD = re.compile(
    r"\b(?:password|passcode|pin|security code|cvc|cvv)\b\s{0,8}(?:is|was|:|=)\s{0,8}(\S{3,200})", re.IGNORECASE
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_IP = re.compile(r"(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4})(?![\w.:]*[\w:])")
_PHONE = re.compile(r"(?<![\w.#-])(?:\+|00)?\(?\d{1,4}\)?(?:[ .\-/]?\(?\d{2,5}\)?){2,5}(?![\w-])")


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of personal data and where it stands in the text."""

    kind: str
    value: str
    start: int
    end: int


def luhn(digits: str) -> bool:
    """Tell whether the check digit of a card number is right (ISO/IEC 7812-1)."""
    numbers = [int(digit) for digit in reversed(digits)]
    return sum(numbers[0::2] + [sum(divmod(2 * number, 10)) for number in numbers[1::2]]) % 10 == 0


def iban(value: str) -> bool:
    """Tell whether the check digits of a bank account number are right (ISO 13616, mod 97)."""
    plain = value.replace(" ", "")
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def personal_data_in(text: str, kinds: Collection[str] | None = None) -> Iterator[Found]:
    """Yield each piece of personal data; what belongs to one is not read again as another."""
    for kind, pattern, holds in _KINDS:
        for match in pattern.finditer(text):
            value = match[match.lastindex or 0]
            if holds(value):
                if kinds is None or kind in kinds:
                    yield Found(kind, value, match.start(match.lastindex or 0), match.end(match.lastindex or 0))
                text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]


def masked(text: str, kinds: Collection[str]) -> tuple[str, list[str]]:
    """Return the text with the kind in place of each piece of data of these kinds, and which kinds were there."""
    found = sorted(personal_data_in(text, kinds), key=lambda one: one.start, reverse=True)
    for one in found:
        text = f"{text[: one.start]}[{one.kind}]{text[one.end :]}"
    return text, sorted({one.kind for one in found})


def kinds_in(value: Any) -> list[str]:
    """Return the kinds of personal data anywhere in a JSON value, names of fields included."""
    return sorted({found.kind for text in texts_in(value) for found in personal_data_in(text)})


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text and whole number of a JSON value, names of fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool):
        return
    elif isinstance(value, int):
        yield str(value)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield str(name)
            yield from texts_in(item)


def _card(value: str) -> bool:
    digits = re.sub(r"\D", "", value)
    return luhn(digits) and len(set(digits)) > 1


def _phone(value: str) -> bool:
    # Fewer digits are an order number or a date as often as not.
    return 9 <= len(re.sub(r"\D", "", value)) <= 15 and bool(re.search(r"[+() .\-/]", value))


def _ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("card", _CARD, _card),
    ("iban", _IBAN, iban),
    ("identity", _IDENTITY, bool),
    ("password", _PASSWORD, bool),
    ("email", _EMAIL, bool),
    ("ip", _IP, _ip),
    ("phone", _PHONE, _phone),
)
KINDS: Final = tuple(kind for kind, _, _ in _KINDS)
