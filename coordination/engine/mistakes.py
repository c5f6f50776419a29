"""What a model's validation found, in the words of people who write manifests."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

_TEXT = "text"
_WANTED = {
    "string_type": _TEXT,
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "names with values",
    "model_type": "names with values",
    "model_attributes_type": "names with values",
}
_NAMES = {
    r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$": "use lower-case letters, digits, dots and hyphens",
    r"^[a-z][a-z0-9_-]{0,62}$": "use lower-case letters, digits, _ and -, and begin with a letter",
    r"^[a-z][a-z0-9_.-]{0,62}$": "use lower-case letters, digits, dots, _ and -, and begin with a letter",
    r"^[a-z][a-z0-9_]{0,39}$": "use lower-case letters, digits and _, and begin with a letter",
}
_SUBJECT = re.compile(r"^(?:Input|String|List|Dictionary|Value) should ")
_EXPECTED = re.compile(r"'([^']*)'")


def said(found: Iterable[Mapping[str, Any]]) -> tuple[str, str | None]:
    """Return one sentence for everything that was found at one place, and what was probably meant there."""
    mistakes = list(found)
    wanted = list(dict.fromkeys(_WANTED[one["type"]] for one in mistakes if one["type"] in _WANTED))
    if wanted == [_TEXT]:
        return "this should be text; put it in quotes", None
    if wanted:
        return f"this should be {' or '.join(wanted)}", None
    return _one(mistakes[0])


def closest(name: object, known: Iterable[str], alike: float = 0.6) -> str | None:
    """Return the known name that is most like this one, if one is alike enough."""
    close = difflib.get_close_matches(str(name), sorted({*known}), n=1, cutoff=alike)
    return close[0] if close else None


def _one(mistake: Mapping[str, Any]) -> tuple[str, str | None]:
    message, about = str(mistake["msg"]), mistake.get("ctx", {})
    match mistake["type"]:
        case "missing":
            return "this field is required", None
        case "literal_error":
            options = _EXPECTED.findall(about["expected"])
            return f"this should be {about['expected'].replace(chr(39), '')}", closest(mistake["input"], options)
        case "string_pattern_mismatch" if about["pattern"] in _NAMES:
            return _NAMES[about["pattern"]], None
    message = message.removeprefix("Value error, ").replace(" after validation, not ", ", not ")
    return _SUBJECT.sub("this should ", message), None
