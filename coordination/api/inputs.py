"""Strict input: JSON that PostgreSQL and RFC 8785 can keep, and no field that nobody reads."""

import codecs
import difflib
import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework import serializers
from rest_framework.parsers import JSONParser

from coordination.api.errors import BodyInvalid, Malformed
from coordination.engine.manifest import pointer
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject

_LARGEST_INTEGER = 2**53 - 1


class StrictJSONParser(JSONParser):
    """I-JSON (RFC 7493): UTF-8, no name twice, no number that a double cannot hold, no NUL character."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the body's value; raises Malformed with the place of the mistake."""
        return json_in(stream.read())


class MergePatchParser(StrictJSONParser):
    """A JSON merge patch under its own name (RFC 7396)."""

    media_type = "application/merge-patch+json"


class Input(serializers.Serializer[Any]):
    """The fields of a request; an unknown one is refused, with the one that was probably meant."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated fields; raises ValidationError or BodyInvalid."""
        if isinstance(data, Mapping):
            refuse_unknown(data, [name for name, field in self.fields.items() if not field.read_only])
        return super().to_internal_value(data)


class Reason(Input):
    """Why something is done; the audit log keeps it."""

    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class WhichVersion(Input):
    """A version of a thing; the newest one unless it is named."""

    version = serializers.IntegerField(min_value=1, required=False)


def json_in(raw: bytes | str) -> Any:
    """Return the value of a JSON text; raises Malformed with the place of the mistake."""
    try:
        text = codecs.decode(raw, "utf-8") if isinstance(raw, bytes) else raw
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_float,
        )
        # Neither PostgreSQL nor any other UTF-8 text can hold these; \u escapes smuggle them past the decoder.
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise Malformed(why=f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise Malformed(why="it is nested too deeply") from None
    except UnicodeError:
        raise Malformed(why="it holds characters that are not UTF-8 text") from None
    if "\\u0000" in text and _holds_nul(value):
        raise Malformed(why="it holds a NUL character")
    return value


def refuse_unknown(given: Mapping[str, Any], known: list[str], what: str = "field") -> None:
    """Raise BodyInvalid for each name that is not known."""
    errors = [
        FieldError(
            pointer([name]),
            f"unknown {what} {name}; known are {', '.join(sorted(known)) or 'none'}",
            _close(name, known),
        )
        for name in given
        if name not in known
    ]
    if errors:
        raise BodyInvalid(errors=errors, problem=f"{errors[0].message}.")


def body_limit() -> int:
    """Return how many bytes a body may have."""
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)


def _close(name: str, known: list[str]) -> str | None:
    close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.6)
    return close[0] if close else None


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Malformed(why=f"it has the name {twice!r} twice in one object")
    return found


def _integer(text: str) -> int:
    # The length first: int() of a very long text is slow, and Python refuses it with an error of its own.
    if len(text) > 17 or abs(int(text)) > _LARGEST_INTEGER:
        raise Malformed(why=f"the number {text[:30]} is too large for JSON; send it as text")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Malformed(why=f"the number {text[:30]} is too large for JSON")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(why=f"{name} is not JSON")


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_nul(name) or _holds_nul(inner) for name, inner in value.items())
    return isinstance(value, list) and any(_holds_nul(item) for item in value)
