"""Does a condition hold more often than another one? Told from their texts alone, and never guessed.

A condition is read as alternatives of conjuncts: `a && b || c`. One implies the other when every alternative of the
first has one in the second whose conjuncts it all implies. What this does not see through is unclear.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_TEXT = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_PARAM = re.compile(rf"{_TEXT}|(?<![\w.])params\.([a-z][a-z0-9_]*)")
_SPACE = re.compile(rf"({_TEXT})|\s+")
# Texts that the patterns above do not read: raw and triple-quoted ones, and comments.
_UNREADABLE = re.compile(r"(?<![\w\"'])[rRbB]{1,2}[\"']|\"\"\"|'''|//")
_NUMBER = r"-?\d+(?:\.\d+)?"
_OVER = re.compile(rf"^([A-Za-z_][\w.]*)\s*(>=|<=|>|<)\s*({_NUMBER})$")
_UNDER = re.compile(rf"^({_NUMBER})\s*(>=|<=|>|<)\s*([A-Za-z_][\w.]*)$")
_ONE_OF = re.compile(r"^([A-Za-z_][\w.]*)\s+in\s+(\[.*\])$")
_IS = re.compile(rf"^([A-Za-z_][\w.]*)\s*==\s*({_TEXT})$")
_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_PAIRS = {"(": ")", "[": "]", "{": "}"}


class Reach(StrEnum):
    """How often a condition holds, beside another one."""

    SAME = "same"
    WIDER = "wider"
    NARROWER = "narrower"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Threshold:
    """One comparison of a fact with a number."""

    fact: str
    sign: str
    number: float

    def implies(self, other: "Threshold") -> bool:
        """Tell whether the other one holds whenever this one does."""
        if self.fact != other.fact or self.sign[0] != other.sign[0]:
            return False
        if self.number == other.number:
            return len(self.sign) == 1 or len(other.sign) == 2
        return (self.number > other.number) == (self.sign[0] == ">")


def reach(old: str, old_params: Mapping[str, Any], new: str, new_params: Mapping[str, Any]) -> Reach:
    """Return how often the new condition holds beside the old one, with the values of their parameters."""
    if old == new and old_params == new_params:
        return Reach.SAME
    if _UNREADABLE.search(old) or _UNREADABLE.search(new):
        return Reach.UNCLEAR
    before, after = _alternatives(resolved(old, old_params)), _alternatives(resolved(new, new_params))
    return _of(_implies(before, after), _implies(after, before))


def reach_of_sets(old: Iterable[str], new: Iterable[str]) -> Reach:
    """Return whether more is named than before."""
    before, after = set(old), set(new)
    return _of(before <= after, after <= before)


def _of(is_wider: bool, is_narrower: bool) -> Reach:
    if is_wider:
        return Reach.SAME if is_narrower else Reach.WIDER
    return Reach.NARROWER if is_narrower else Reach.UNCLEAR


def resolved(when: str, params: Mapping[str, Any]) -> str:
    """Return a condition with the values of its parameters written out."""

    def value(place: re.Match[str]) -> str:
        name = place[1]
        return json.dumps(params[name], ensure_ascii=False) if name in params else place[0]

    return _PARAM.sub(value, when)


def thresholds(when: str) -> Iterator[Threshold]:
    """Yield the comparisons with numbers among the conjuncts of a resolved condition."""
    for alternative in _alternatives(when):
        # A set has no order of its own, and a comparison of two conditions needs the same one for both.
        for conjunct in sorted(alternative):
            found = _threshold(conjunct)
            if found is not None:
                yield found


def _alternatives(when: str) -> list[frozenset[str]]:
    text = _bare(_SPACE.sub(lambda place: place[1] or " ", when))
    # A choice binds less than either: what it chooses between is no alternative.
    if len(_split(text, "?")) > 1:
        return [frozenset([text])]
    return [
        frozenset(_bare(conjunct) for conjunct in _split(_bare(alternative), "&&"))
        for alternative in _split(text, "||")
    ]


def _implies(first: list[frozenset[str]], second: list[frozenset[str]]) -> bool:
    return all(any(_covers(one, other) for other in second) for one in first)


def _covers(one: frozenset[str], other: frozenset[str]) -> bool:
    return all(any(_atom_implies(mine, theirs) for mine in one) for theirs in other)


def _atom_implies(one: str, other: str) -> bool:
    if one == other:
        return True
    mine, theirs = _threshold(one), _threshold(other)
    if mine is not None and theirs is not None:
        return mine.implies(theirs)
    named, among = _named(one), _named(other)
    return named is not None and among is not None and named[0] == among[0] and named[1] <= among[1]


def _threshold(atom: str) -> Threshold | None:
    if found := _OVER.match(atom):
        return Threshold(found[1], found[2], float(found[3]))
    if found := _UNDER.match(atom):
        return Threshold(found[3], _TURNED[found[2]], float(found[1]))
    return None


def _named(atom: str) -> tuple[str, frozenset[str]] | None:
    """Return the fact of `fact in ["a", "b"]` or `fact == "a"`, and the texts it may be."""
    if found := _IS.match(atom):
        return found[1], frozenset([found[2][1:-1]])
    found = _ONE_OF.match(atom)
    try:
        items = json.loads(found[2].replace("'", '"')) if found else None
    except json.JSONDecodeError:
        return None
    if found is None or not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return None
    return found[1], frozenset(items)


def _bare(text: str) -> str:
    """Return the text without spaces around it, and without parentheses around all of it."""
    text = text.strip()
    while text.startswith("(") and _closes(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closes(text: str) -> int:
    """Return where the parenthesis closes that the text begins with; -1 when it does not."""
    return next((at for at, depth, _ in _walk(text) if depth == 0), -1)


def _split(text: str, operator: str) -> list[str]:
    """Return the parts of a text between an operator that stands outside of parentheses and quotes."""
    parts, start = [], 0
    for at, depth, character in _walk(text):
        if depth == 0 and at >= start and character == operator[0] and text.startswith(operator, at):
            parts.append(text[start:at])
            start = at + len(operator)
    return [*parts, text[start:]]


def _walk(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield each place outside of quotes with how deep it lies after its character."""
    depth, quote, escaped = 0, "", False
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote and not escaped else quote
            escaped = character == "\\" and not escaped
        elif character in "\"'":
            quote = character
        else:
            depth += (character in _PAIRS) - (character in _PAIRS.values())
            yield at, depth, character
