"""Rows as a sentence and back: "When the amount is above ${params.limit} and the action is refund, then it is refused."

Only a sentence of this shape can be read back; a statement in somebody's own words stays theirs.
"""

import re
from typing import Final

from coordination.engine.rules.conditions import Condition, Conditions, Join
from coordination.engine.rules.naming import names_at, title_of
from coordination.engine.rules.operands import said, value_at
from coordination.engine.rules.operators import OF_LISTS, WITHOUT_VALUE, Operator

ALWAYS: Final = "Always"
_WORDS_OF: Final[dict[Join, str]] = {"all": " and ", "any": " or "}
_LONGEST_FIRST: Final = sorted(Operator, key=len, reverse=True)
_SHAPE: Final = re.compile(r"When (?P<what>.+), then (?P<then>[^\n]+)\.", re.DOTALL)


def sentence(conditions: Conditions, then: str) -> str:
    """Return the rows as one sentence; `then` says what follows: "it is refused"."""
    if not conditions.items:
        return f"{ALWAYS}, {then}."
    return f"When {clause(conditions)}, then {then}."


def clause(conditions: Conditions) -> str:
    """Return the rows as a part of a sentence."""
    return _WORDS_OF[conditions.join].join(phrase(one) for one in conditions.items)


def phrase(one: Condition) -> str:
    """Return one row in words."""
    words = f"{title_of(one.field)} {one.operator}"
    return words if one.value is None or one.operator in WITHOUT_VALUE else f"{words} {said(one.value)}"


def read_sentence(text: str) -> Conditions | None:
    """Return the rows that a sentence says, or None when it is in somebody's own words."""
    text = text.strip()
    if text.startswith(f"{ALWAYS}, "):
        return Conditions()
    shape = _SHAPE.fullmatch(text)
    return _clause(shape["what"]) if shape else None


def _clause(text: str) -> Conditions | None:
    items, at = [], 0
    join: Join | None = None
    while True:
        found = _phrase(text, at)
        if found is None:
            return None
        one, at = found
        items.append(one)
        if at == len(text):
            return Conditions(tuple(items), join or "all")
        here = next((known for known, words in _WORDS_OF.items() if text.startswith(words, at)), None)
        if here is None or join not in (None, here):
            return None
        join, at = here, at + len(_WORDS_OF[here])


def _phrase(text: str, at: int) -> tuple[Condition, int] | None:
    """Read one row; where words could be read in several ways, the one that leads to its end counts."""
    for field, after in names_at(text, at):
        for operator in _LONGEST_FIRST:
            if not text.startswith(f" {operator}", after):
                continue
            end = after + 1 + len(operator)
            if operator in WITHOUT_VALUE:
                if _is_end(text, end):
                    return Condition(field, operator), end
            elif found := value_at(text, end + 1, is_list=operator in OF_LISTS):
                value, end = found
                if _is_end(text, end):
                    return Condition(field, operator, value), end
    return None


def _is_end(text: str, at: int) -> bool:
    return at == len(text) or any(text.startswith(words, at) for words in _WORDS_OF.values())
