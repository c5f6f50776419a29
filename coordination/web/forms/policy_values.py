"""Values of a policy's form as text, and back: lists with commas, numbers, parameters of each type."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from coordination.shared.json import Json, JsonObject
from coordination.web.forms.manifest import joined

_OTHER_TYPE = re.compile(r"but the type is (\w+)")
_PARAM = re.compile(r"param-(\d{1,4})-(name|type|value|title)")
WANTED = {
    "double": "write a number",
    "int": "write a whole number",
    "bool": "write true or false",
    "string": "write a text",
    "list": "write words, separated by commas",
}


def parts(text: str) -> list[Json]:
    """Return what is typed with commas or one a line; a tag may hold spaces."""
    return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]


def number(text: str) -> int | float | str:
    """Return a number, or the text where it is none, which validation refuses."""
    try:
        return int(text) if re.fullmatch(r"[-+]?\d{1,15}", text) else float(text)
    except ValueError:
        return text


def read(kind: str, text: str) -> Json:
    """Return what was typed as its type; what cannot be read stays text, which validation refuses."""
    match kind:
        case "double" | "int":
            return number(text)
        case "bool":
            return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
        case "list":
            return parts(text)
    return text


def typed(value: Any) -> str:
    """Return a value as it would have been typed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return joined(value) if isinstance(value, list) else str(value)


def friendly(message: str) -> str:
    """Say what to write into a parameter's value; everything typed is text at first."""
    match = _OTHER_TYPE.search(message)
    return WANTED[match[1]] if match else message


def params_in(posted: Mapping[str, str]) -> list[dict[str, str]]:
    """Read the rows of parameters of a posted form."""
    found: dict[int, dict[str, str]] = {}
    for name, value in posted.items():
        if match := _PARAM.fullmatch(name):
            found.setdefault(int(match[1]), {})[match[2]] = value
    return [found[at] for at in sorted(found)]


def params_of(rule: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a rule's parameters as they would have been typed."""
    return [
        {"name": name, "type": param["type"], "value": typed(param["value"]), "title": param.get("title", "")}
        for name, param in (rule.get("params") or {}).items()
    ]


def params_said(rows: Iterable[Mapping[str, str]]) -> JsonObject:
    """Return the parameters that the rows say."""
    return {
        row["name"].strip(): {
            "type": row.get("type", ""),
            "value": read(row.get("type", ""), row.get("value", "").strip()),
            "title": row.get("title", "").strip(),
        }
        for row in rows
        if row.get("name", "").strip()
    }
