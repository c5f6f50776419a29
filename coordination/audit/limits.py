"""What may go into a record: JSON of bounded size, without secrets."""

import hashlib
import math
from collections.abc import Mapping
from functools import lru_cache
from json.encoder import encode_basestring

from coordination.engine.proof.canonical import Canonical, canonical, in_order
from coordination.shared.json import Json, JsonObject

LONGEST_TEXT_BYTES = 16 * 1024
LARGEST_DATA_BYTES = 256 * 1024
DEEPEST = 64
_LARGEST_INTEGER = 2**53 - 1
_NAMES_KEPT = 4_096
# What stands for a secret, and the names in what stands for something large.
WITHHELD = "(withheld)"
STAND_IN = frozenset({"sha256", "bytes"})
_SECRETS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "privatekey",
    "credentials",
    "authorization",
    "cookie",
)


def bounded(data: Mapping[str, Json]) -> str:
    """Return the canonical text of the data as a record may hold it, in one pass: every record comes by here.

    1. The value under a name that promises a secret is withheld; a digest of a short one could be guessed.
    2. A string over 16 KiB, and all of the data over 256 KiB, is replaced by its digest and length.
    3. What RFC 8785 cannot say (NaN, huge integers, lone surrogates) becomes text: no act fails by it.
    """
    text = _object(data, 1)
    # A character takes at most four bytes: most data need no encoding to be found small.
    if len(text) * 4 <= LARGEST_DATA_BYTES or len(raw := text.encode()) <= LARGEST_DATA_BYTES:
        return text
    return canonical(_stand_in(raw))


def _value(value: Canonical, depth: int) -> str:
    if isinstance(value, str):
        return _string(value)
    if value is None or isinstance(value, bool):
        return canonical(value)
    if isinstance(value, int | float):
        return canonical(value if _is_sayable(value) else str(value))
    if depth >= DEEPEST:
        return encode_basestring(f"(nested deeper than {DEEPEST} levels)")
    if isinstance(value, Mapping):
        return _object(value, depth + 1)
    if isinstance(value, list | tuple):
        return "[" + ",".join([_value(item, depth + 1) for item in value]) + "]"
    raise TypeError(f"An audit record holds JSON only, not {type(value).__name__}.")


def _is_sayable(number: float) -> bool:
    return abs(number) <= _LARGEST_INTEGER if isinstance(number, int) else math.isfinite(number)


def _object(data: Mapping[str, Canonical], depth: int) -> str:
    members = data if all(map(str.isascii, data)) else {_name(name): value for name, value in data.items()}
    return "{" + ",".join([_member(name, members[name], depth) for name in in_order(members)]) + "}"


def _member(name: str, value: Canonical, depth: int) -> str:
    said = encode_basestring(WITHHELD) if value and promises_secret(name) else _value(value, depth)
    return f"{encode_basestring(name)}:{said}"


def _string(value: str) -> str:
    # A character takes at most four bytes: most strings need no encoding to be found short.
    if len(value) * 4 <= LONGEST_TEXT_BYTES and value.isascii():
        return encode_basestring(value)
    raw = value.encode("utf-8", "replace")
    return canonical(_stand_in(raw)) if len(raw) > LONGEST_TEXT_BYTES else encode_basestring(raw.decode())


def _name(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _stand_in(raw: bytes) -> JsonObject:
    return {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}


@lru_cache(_NAMES_KEPT)
def promises_secret(name: str) -> bool:
    """Tell whether a value under this name is withheld."""
    return name.lower().replace("-", "").replace("_", "").endswith(_SECRETS)
