"""Check that a reply gives no personal data away.

Secrets (card, bank account, identity number, password) may never be in a reply. An e-mail address or telephone number
may, if it stands in the sources that the reply rests on; repeating the customer's own is left to a person.
Input: {reply, message, passages}. Output: {verdict, reasons, findings: [{kind, masked}], secrets}.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from coordination.adapters.ports import Reach, Result, Task, agent
from coordination.bundled.inputs import sources_of, text_of
from coordination.bundled.verdict import Finding, judged
from coordination.shared.json import Json

_CARD = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_IDENTITY = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
_PASSWORD = re.compile(
    r"\b(?:password|passcode|pin|security code|cvc|cvv)\b\s*(?:is|was|:|=)\s*(\S{3,})", re.IGNORECASE
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.#-])(?:\+|00)?\(?\d{1,4}\)?(?:[ .\-/]?\(?\d{2,5}\)?){2,5}(?![\w-])")
SECRET = frozenset({"card number", "bank account", "identity number", "password"})


@dataclass(frozen=True, slots=True)
class Item:
    """Personal data found in a text."""

    kind: str
    value: str

    @property
    def masked(self) -> str:
        """Return what may be shown of it."""
        return f"…{self.value[-4:]}" if self.kind in ("card number", "bank account") else f"{self.value[:2]}…"


@agent
def check(task: Task, _reach: Reach) -> Result:
    """Look for personal data in a reply."""
    found = list(dict.fromkeys(personal_data_in(text_of(task, "reply"))))
    asked = set(personal_data_in(text_of(task, "message", required=False)))
    published = {item for source in sources_of(task) for item in personal_data_in(source.text)}
    findings = [finding for item in found if (finding := _judge(item, asked, published))]
    told: list[Json] = [{"kind": item.kind, "masked": item.masked} for item in found]
    n_secrets = sum(item.kind in SECRET for item in found)
    return judged(findings, clean=0.95, extra={"findings": told, "secrets": n_secrets})


def personal_data_in(text: str) -> Iterator[Item]:
    """Yield each piece of personal data; digits that belong to one are not read again as another."""
    for kind, pattern, holds in _KINDS:
        for match in pattern.finditer(text):
            value = match[match.lastindex or 0]
            if holds(value):
                yield Item(kind, re.sub(r"[^\w@.+]", "", value).lower())
                text = text.replace(match[0], " ")


def luhn(digits: str) -> bool:
    """Tell whether the check digit of a card number is right (ISO/IEC 7812-1)."""
    numbers = [int(digit) for digit in reversed(digits)]
    return sum(numbers[0::2] + [sum(divmod(2 * number, 10)) for number in numbers[1::2]]) % 10 == 0


def iban(value: str) -> bool:
    """Tell whether the check digits of a bank account number are right (ISO 13616, mod 97)."""
    plain = value.replace(" ", "")
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def _card(value: str) -> bool:
    digits = re.sub(r"\D", "", value)
    return luhn(digits) and len(set(digits)) > 1


def _phone(value: str) -> bool:
    # Fewer digits are an order number or a date as often as not.
    return 9 <= len(re.sub(r"\D", "", value)) <= 15 and bool(re.search(r"[+() .\-/]", value))


def _judge(item: Item, asked: set[Item], published: set[Item]) -> Finding | None:
    if item.kind in SECRET:
        return Finding("fail", f"The reply holds a {item.kind} ({item.masked}).", 0.98)
    if item in published:
        return None
    if item in asked:
        return Finding("unsure", f"The reply repeats the customer's {item.kind} ({item.masked}).", 0.7)
    return Finding("fail", f"The reply gives away the {item.kind} {item.masked}, which nobody asked about.", 0.9)


_KINDS = (
    ("card number", _CARD, _card),
    ("bank account", _IBAN, iban),
    ("identity number", _IDENTITY, bool),
    ("password", _PASSWORD, bool),
    ("e-mail address", _EMAIL, bool),
    ("telephone number", _PHONE, _phone),
)
