"""What is wrong with a JSON Schema that a workflow says."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from coordination.engine.manifest import Problem, pointer
from coordination.engine.mistakes import closest

_META = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
NO_SCHEMA = "this is not a JSON Schema"
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_NAMING = ("$id", "$anchor", "$dynamicAnchor")
_LONGEST = 200


def problems_of_schema(schema: Any, path: tuple[object, ...]) -> list[Problem]:
    """Return every place where a schema is none, or leads where there is nothing."""
    broken = [_problem(error, path) for error in _META.iter_errors(schema)]
    return broken or [*_references(schema, schema, path)]


def _problem(error: ValidationError, path: tuple[object, ...]) -> Problem:
    place = (*path, *error.absolute_path)
    if place[-1] == "type" and isinstance(error.instance, str):
        message = f"there is no type {error.instance}; there are {', '.join(_TYPES)}"
        return Problem(pointer(place), message, closest(error.instance, _TYPES))
    if error.validator == "format":
        return Problem(pointer(place), f"{error.instance!r} is not a regular expression")
    return Problem(pointer(place), f"{NO_SCHEMA}: {error.message[:_LONGEST]}")


def _references(part: Any, root: Any, path: tuple[object, ...]) -> Iterator[Problem]:
    """Yield references that lead nowhere; a schema that gives its parts names of their own is left alone."""
    if isinstance(part, list):
        for at, inner in enumerate(part):
            yield from _references(inner, root, (*path, at))
    if not isinstance(part, Mapping) or any(name in part for name in _NAMING):
        return
    reference = part.get("$ref")
    if isinstance(reference, str) and (why := _leads_nowhere(reference, root)):
        yield Problem(pointer((*path, "$ref")), why)
    for name, inner in part.items():
        if name not in ("enum", "const", "default", "examples"):
            yield from _references(inner, root, (*path, name))


def _leads_nowhere(reference: str, root: Any) -> str:
    """Return why there is no end to a way over references, or nothing."""
    way: list[str] = []
    while reference not in way:
        way.append(reference)
        there = _referred(reference, root)
        if there is None:
            return f"{reference} leads nowhere: only parts of the same schema can be referred to, as #/$defs/NAME"
        following = there.get("$ref") if isinstance(there, Mapping) else None
        if not isinstance(following, str):
            return ""
        reference = following
    return f"{way[0]} leads back to itself without end"


def _referred(reference: str, root: Any) -> Any:
    """Return the part of a schema that a reference leads to, or None."""
    if reference != "#" and not reference.startswith("#/"):
        return None
    found = root
    for part in reference.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            found = found.get(name) if isinstance(found, Mapping) else None
    return found
