"""The value of a row as a person types it, and back."""

import math
import re
from typing import Any, Final

from coordination.engine.rules.conditions import PARAMS, Name, Scalar, Value
from coordination.engine.rules.naming import is_name
from coordination.engine.rules.tokens import Unreadable, quoted, unquoted

SEPARATOR: Final = ", "
NOTHING: Final = "nothing"
# A bare word that is one of these would read as something else.
_RESERVED: Final = frozenset(
    {
        *("true", "false", "null", "nothing", "not", "known", "holds", "is", "in", "at"),
        *("above", "below", "one", "none", "of", "and", "or", "then"),
    }
)
_WORD: Final = re.compile(r"[A-Za-z_][\w@-]*(?:\.[\w@-]+)*")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_PLACE: Final = re.compile(r"\$\{([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\}")


def said(value: Value) -> str:
    """Return a value as a sentence says it: `refund`, `"to be sure"`, `100`, `${params.limit}`, `refund, credit`."""
    match value:
        case Name():
            return f"${{{value.name}}}"
        case bool():
            return "true" if value else "false"
        case str():
            return value if _is_bare(value) else quoted(value)
        case tuple():
            return SEPARATOR.join(said(item) for item in value) or NOTHING
    return repr(value)


def _is_bare(text: str) -> bool:
    return _WORD.fullmatch(text) is not None and text not in _RESERVED and not text.startswith(PARAMS)


def value_at(text: str, at: int, *, is_list: bool) -> tuple[Value, int] | None:
    """Read the value that a sentence says at a place, and where it ends."""
    if (place := _PLACE.match(text, at)) is not None:
        return Name(place[1]), place.end()
    if not is_list:
        return _scalar_at(text, at)
    if text.startswith(NOTHING, at):
        return (), at + len(NOTHING)
    items: list[Scalar] = []
    while (found := _scalar_at(text, at)) is not None:
        items.append(found[0])
        at = found[1]
        if not text.startswith(SEPARATOR, at):
            return tuple(items), at
        at += len(SEPARATOR)
    return None


def typed(value: Value) -> str:
    """Return a value as it stands in a field of a form: like a sentence says it, a parameter by its bare name."""
    return value.name if isinstance(value, Name) and value.name.startswith(PARAMS) else said(value)


def value_of(text: str, kind: str, *, is_list: bool) -> Value | None:
    """Return what was typed for a fact of this type; None when it is no value of it.

    Texts need no quotes; `params.limit` is the parameter.
    """
    text = text.strip()
    if text.startswith(PARAMS) and is_name(text):
        return Name(text)
    if (place := _PLACE.fullmatch(text)) is not None:
        return Name(place[1])
    if is_list:
        return _list_of(text, kind)
    return _scalar_of(text, kind)


def _list_of(text: str, kind: str) -> Value | None:
    if text in ("", NOTHING):
        return () if text else None
    whole = value_at(text, 0, is_list=True)
    # What people type need not be spaced like a sentence, nor quoted.
    items = whole[0] if whole and whole[1] == len(text) else tuple(_split(text))
    if not isinstance(items, tuple):
        return None
    read = [_fitting(item, kind) for item in items]
    return None if any(one is None for one in read) else tuple(one for one in read if one is not None)


def _split(text: str) -> list[Scalar]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _scalar_of(text: str, kind: str) -> Scalar | None:
    whole = _scalar_at(text, 0)
    if whole is None or whole[1] != len(text):
        return _fitting(text, kind) if text else None
    return _fitting(whole[0], kind, text)


def _fitting(value: Scalar, kind: str, text: str = "") -> Scalar | None:
    """Return the value as one of the type, or None; a number typed for a text is that text."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "int" | "double":
            return value if is_number else None
        case "bool":
            return value if isinstance(value, bool) else None
        case "string" | "list(string)":
            return value if isinstance(value, str) else text or said(value)
    return value


def _scalar_at(text: str, at: int) -> tuple[Scalar, int] | None:
    if (part := _QUOTED.match(text, at)) is not None:
        try:
            return unquoted(part[0]), part.end()
        except Unreadable:
            return None
    if (part := _NUMBER.match(text, at)) is not None:
        number = _number(part[0])
        return (number, part.end()) if abs(number) < math.inf else None
    if (part := _WORD.match(text, at)) is None:
        return None
    word: Any = {"true": True, "false": False}.get(part[0], part[0])
    return (word, part.end()) if word not in _RESERVED else None


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdecimal() else float(text)
