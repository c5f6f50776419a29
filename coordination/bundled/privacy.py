"""Check that a reply gives no personal data away.

Secrets (card, bank account, identity number, password) may never be in a reply. An e-mail address or telephone number
may, if it stands in the sources that the reply rests on; repeating the customer's own is left to a person.
Input: {reply, message, passages}. Output: {verdict, reasons, findings: [{kind, masked}], secrets}.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from coordination.adapters.ports import Reach, Result, Task, agent
from coordination.bundled.inputs import sources_of, text_of
from coordination.bundled.verdict import Finding, judged
from coordination.engine.rules import pii
from coordination.shared.json import Json

# What a reply is looked through for; an address of a computer gives nobody away to a customer.
_NAMES: Mapping[str, str] = {
    "card": "card number",
    "iban": "bank account",
    "identity": "identity number",
    "password": "password",
    "email": "e-mail address",
    "phone": "telephone number",
}
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
    for found in pii.personal_data_in(text, _NAMES):
        yield Item(_NAMES[found.kind], re.sub(r"[^\w@.+]", "", found.value).lower())


def _judge(item: Item, asked: set[Item], published: set[Item]) -> Finding | None:
    if item.kind in SECRET:
        return Finding("fail", f"The reply holds a {item.kind} ({item.masked}).", 0.98)
    if item in published:
        return None
    if item in asked:
        return Finding("unsure", f"The reply repeats the customer's {item.kind} ({item.masked}).", 0.7)
    return Finding("fail", f"The reply gives away the {item.kind} {item.masked}, which nobody asked about.", 0.9)
