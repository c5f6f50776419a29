"""Take the plain part of CEL apart: names, numbers, texts and signs; anything else is unreadable here."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_PART = re.compile(
    r"""\s*(?:
    (?P<name>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)
    | (?P<double>-?(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+))(?![\w.])
    | (?P<int>-?\d+)(?![\w.])
    | (?P<text>"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    | (?P<sign>&&|\|\||==|!=|<=|>=|[<>!()\[\],])
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_SURROGATES = range(0xD800, 0xE000)
_MOST = 2**63
_LITERALS = frozenset({"true", "false"})
# Words of the language that are no names.
_WORDS = frozenset({"in", "null", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
                    "loop", "package", "namespace", "return", "var", "void", "while"})  # fmt: skip


class Unreadable(Exception):
    """The text says what rows cannot say."""


@dataclass(frozen=True, slots=True)
class Token:
    """A name, a value, or a sign of the language (`in` among them)."""

    kind: Literal["name", "value", "sign"]
    text: str
    value: str | int | float | bool = ""


def tokens_of(text: str) -> Iterator[Token]:
    """Yield the parts of an expression; raises Unreadable."""
    at, end = 0, len(text.rstrip())
    while at < end:
        part = _PART.match(text, at, end)
        if part is None:
            raise Unreadable
        yield _token(part)
        at = part.end()


def quoted(text: str) -> str:
    """Return a text as CEL writes it, between double quotes."""
    return json.dumps(text, ensure_ascii=False)


def unquoted(text: str) -> str:
    """Return what stands between quotes; raises Unreadable at an escape that JSON does not have."""
    return _ESCAPE.sub(_unescaped, text[1:-1])


def _token(part: re.Match[str]) -> Token:
    kind, said = part.lastgroup, (part[part.lastgroup or 0]).strip()
    match kind:
        case "double":
            if math.isinf(float(said)):
                raise Unreadable
            return Token("value", said, float(said))
        case "int":
            if not -_MOST <= int(said) < _MOST:
                raise Unreadable
            return Token("value", said, int(said))
        case "text":
            return Token("value", said, unquoted(said))
        case "sign":
            return Token("sign", said)
    name = "".join(said.split())
    if name in ("true", "false"):
        return Token("value", name, name == "true")
    if name in _WORDS:
        if name != "in":
            raise Unreadable
        return Token("sign", name)
    if not (_WORDS | _LITERALS).isdisjoint(name.split(".")):
        raise Unreadable
    return Token("name", name)


def _unescaped(escape: re.Match[str]) -> str:
    sign = escape[1]
    if sign[0] == "u" and len(sign) == 5:
        number = int(sign[1:], 16)
        if number in _SURROGATES:
            raise Unreadable
        return chr(number)
    if sign not in _ESCAPED:
        raise Unreadable
    return _ESCAPED[sign]
