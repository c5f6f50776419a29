"""The envelope every editable thing shares, and errors with the path to what is wrong."""

import difflib
import types
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

API_VERSION: Final = "coordination/v1"
NAME = r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
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
    return [_problem(item, model, prefix) for item in error.errors(include_url=False)]


def pointer(parts: Iterable[object]) -> str:
    """Return the RFC 6901 pointer of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _problem(item: Any, model: type[BaseModel], prefix: str) -> Problem:
    path: Sequence[object] = item["loc"]
    message = str(item["msg"]).removeprefix("Value error, ")
    suggestion = None
    if item["type"] == "extra_forbidden":
        known = _fields_at(model, path[:-1])
        close = difflib.get_close_matches(str(path[-1]), known, n=1, cutoff=0.6)
        suggestion = close[0] if close else None
        message = f"unknown field {path[-1]}"
    elif item["type"] == "missing":
        message = "this field is required"
    return Problem(prefix + pointer(path), message, suggestion)


def _fields_at(model: type[BaseModel], path: Sequence[object]) -> list[str]:
    """Return the names of the fields that the model has at a path."""
    current: Any = model
    for part in path:
        models = _models(current)
        fields = [m.model_fields[str(part)].annotation for m in models if str(part) in m.model_fields]
        current = fields[0] if fields else current
    return sorted({field.alias or name for m in _models(current) for name, field in m.model_fields.items()})


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models inside an annotation such as list[X], X | None or dict[str, X]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (list, dict, tuple, Union, types.UnionType, Annotated, Literal):
        return [model for argument in get_args(annotation) for model in _models(argument)]
    return []
