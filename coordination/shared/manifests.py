"""Check a manifest's spec against its model and say everything that is wrong at once."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from coordination.engine.manifest import Problem, problems
from coordination.shared.errors import FieldError, Invalid

SpecModel = TypeVar("SpecModel", bound=BaseModel)


class ManifestInvalid(Invalid):
    """The manifest is not valid: {summary}"""

    code = "manifest-invalid"


def refuse(found: list[Problem]) -> ManifestInvalid:
    """Return the error that tells all problems."""
    errors = [FieldError(p.pointer, p.message, p.suggestion, p.line, p.column) for p in found]
    first = found[0]
    hint = f"; did you mean {first.suggestion}?" if first.suggestion else ""
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return ManifestInvalid(errors=errors, summary=f"{first.pointer or '/'}: {first.message}{hint}{more}")


def checked(data: Any, model: type[SpecModel], prefix: str = "/spec") -> SpecModel:
    """Return the validated model; raises ManifestInvalid with the path to each mistake."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise refuse(problems(error, model, prefix)) from None
