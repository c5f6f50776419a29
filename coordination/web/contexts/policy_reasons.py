"""What a decision carries beside its outcome: warnings, what was taken out, and how much of a limit is used."""

from collections.abc import Iterable, Mapping
from typing import Any

from coordination.engine.rules.stages import Stage
from coordination.web import words
from coordination.web.contexts.parts import Reason

_KINDS = {
    "field": "the whole field",
    "email": "an e-mail address",
    "phone": "a phone number",
    "card": "a card number",
    "iban": "a bank account",
    "ip": "a network address",
    "identity": "an identity number",
    "password": "a password",
}


def beside(decision: Any) -> list[Reason]:
    """Return everything that a decision carries, one bead each."""
    return [*warned(decision.warnings), *redacted(decision.redactions), *limited(decision.limits)]


def warned(found: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """Return the warnings of rules that only warn."""
    return [
        Reason(
            head=f"Warning of {one['policy']} v{one['version']}",
            text=one.get("message") or one.get("statement") or one.get("title", ""),
            note=f"rule {one['rule']}",
            name=one["policy"],
        )
        for one in found
    ]


def redacted(found: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """Return what was taken out, and by which rule."""
    return [
        Reason(
            head="Taken out:",
            text=f"{_KINDS.get(one['kind'], one['kind'])} in",
            code=one["path"] or "the value",
            note=f"{one['policy']} · rule {one['rule']}",
            name="",
        )
        for one in found
    ]


def limited(found: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """Return how much of each limit is used, and whether the act would go beyond it."""
    return [
        Reason(
            head="Over the limit:" if one["over"] else "Limit:",
            text=f"{_number(one['used'])} of {_number(one['most'])} used, this takes {_number(one['takes'])}",
            note=" · ".join(part for part in (one["policy"], f"rule {one['rule']}", one["key"]) if part),
            hit=one["over"],
            tone="bad",
        )
        for one in found
    ]


def stage(said: Mapping[str, Any]) -> str:
    """Return who has to agree."""
    return str(Stage.of(said))


def _number(value: float) -> str:
    return words.number(round(value, 2))
