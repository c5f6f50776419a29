"""The envelope every editable thing shares, and errors with the path to what is wrong."""

import types
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from coordination.engine import mistakes

API_VERSION: Final = "coordination/v1"
NAME = r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
_UNKNOWN = "extra_forbidden"
Name = Annotated[str, Field(pattern=NAME)]


class Spec(BaseModel):
    """A strict, immutable part of a manifest: an unknown field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Metadata(Spec):
    """What every manifest says about itself."""

    name: Name
    title: str = Field(default="", max_length=200)
    description: str = ""
    labels: dict[str, str] = Field(default_factory=dict)


class Manifest(Spec):
    """The envelope: version, kind, metadata, spec."""

    apiVersion: Literal["coordination/v1"] = API_VERSION  # noqa: N815  (the cloud-native spelling)
    kind: str
    metadata: Metadata
    spec: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a manifest; `pointer` is an RFC 6901 JSON pointer; line and column count from 1."""

    pointer: str
    message: str
    suggestion: str | None = None
    line: int | None = None
    column: int | None = None


def problems(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[Problem]:
    """Return every mistake that validation found, each with its path and, for a slip, the field that was meant."""
    at: dict[tuple[object, ...], list[Any]] = {}
    for item in error.errors(include_url=False):
        is_key = item["loc"][-1:] == ("[key]",) and item["type"] != _UNKNOWN
        path, _ = _walked(model, item["loc"][:-1] if is_key else item["loc"])
        at.setdefault(path, []).append(item)
    return [_problem(path, items, model, prefix) for path, items in at.items()]


def pointer(parts: Iterable[object]) -> str:
    """Return the RFC 6901 pointer of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _problem(path: tuple[object, ...], items: list[Any], model: type[BaseModel], prefix: str) -> Problem:
    if items[0]["type"] == _UNKNOWN:
        close = mistakes.closest(path[-1], _fields_of(_walked(model, path[:-1])[1]))
        return Problem(prefix + pointer(path), f"unknown field {path[-1]}", close)
    return Problem(prefix + pointer(path), *mistakes.said(items))


def _walked(model: type[BaseModel], path: Sequence[object]) -> tuple[tuple[object, ...], Any]:
    """Return the path as it was written, and what stands there.

    Validation names more than what was written: where there may be one of several, which of them it tried.
    """
    current: Any = model
    kept: list[object] = []
    for part in path:
        kinds = _kinds(current)
        if len(kinds) > 1:
            current = next((kind for kind in kinds if get_origin(kind) is not None), None)
        else:
            kept.append(part)
            current = _inside(kinds[0], part)
    return tuple(kept), current


def _kinds(annotation: Any) -> list[Any]:
    """Return what a field may be, besides nothing."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [kind for one in get_args(annotation) for kind in _kinds(one) if kind is not type(None)]
    return [annotation]


def _inside(annotation: Any, part: object) -> Any:
    """Return what stands in a model's field, in a list or in a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return next((f.annotation for name, f in annotation.model_fields.items() if part in (name, f.alias)), None)
    return get_args(annotation)[-1] if get_origin(annotation) in (list, dict) else None


def _fields_of(annotation: Any) -> list[str]:
    kinds = [kind for kind in _kinds(annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return [field.alias or name for kind in kinds for name, field in kind.model_fields.items()]
