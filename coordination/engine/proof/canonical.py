"""One text for one JSON value: RFC 8785, the JSON Canonicalization Scheme.

Written for speed, because every audit record passes here; the tests hold it equal to the `rfc8785` package.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring
from typing import TypeAlias

import rfc8785

Canonical: TypeAlias = "Mapping[str, Canonical] | Sequence[Canonical] | str | int | float | bool | None"

_LARGEST_INTEGER = 2**53 - 1


class NotCanonical(ValueError):
    """The value has no canonical form: not JSON, not UTF-8, not finite, or an integer beyond 2^53 - 1."""


def canonical(value: Canonical) -> str:
    """Return the RFC 8785 text of a JSON value; raises NotCanonical."""
    try:
        text = _text(value)
        text.encode()
    except (ValueError, RecursionError) as error:
        # A lone surrogate surfaces as UnicodeEncodeError, which is a ValueError as well.
        raise NotCanonical(str(error)) from error
    return text


def digest_of(value: Canonical) -> str:
    """Return the SHA-256 of the canonical text, in hexadecimal; raises NotCanonical."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def in_order(value: Mapping[str, Canonical]) -> Iterable[str]:
    """Return an object's names by their UTF-16 code units, which differs from Python's order beyond U+FFFF.

    Raises NotCanonical for a name that is not text.
    """
    if not all(isinstance(name, str) for name in value):
        raise NotCanonical("the names of an object must be strings")
    if all(map(str.isascii, value)):
        return sorted(value)
    return sorted(value, key=lambda name: name.encode("utf-16-be"))


def _text(value: Canonical) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Mapping):
        members = [f"{encode_basestring(name)}:{_text(value[name])}" for name in in_order(value)]
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([_text(item) for item in value]) + "]"
    return _scalar(value)


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _float(value)
    raise NotCanonical(f"{type(value).__name__} is not JSON")


def _integer(value: int) -> str:
    if not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
        raise NotCanonical(f"{value} exceeds the integers that every JSON reader keeps exactly")
    return int.__repr__(value)


def _float(value: float) -> str:
    """Return the ECMAScript spelling, which is Python's wherever neither needs an exponent."""
    if value == 0:
        return "0"  # Also for the zero with a minus.
    text = float.__repr__(value)
    if "e" in text or "n" in text:
        return rfc8785.dumps(value).decode()
    return text.removesuffix(".0")
