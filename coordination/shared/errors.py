"""One family of errors: a sentence a person can act on, a stable code, the right status."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong at one place of an input; `pointer` is an RFC 6901 JSON pointer."""

    pointer: str
    message: str
    suggestion: str | None = None
    line: int | None = None
    column: int | None = None


class CoordinationError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, *, errors: Sequence[FieldError] = (), **values: object) -> None:
        """Fill the first line of the class docstring with `values`: the docstring is the sentence."""
        self.errors = list(errors)
        self.values = values
        sentence = (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(sentence.format(**values))


class NotFound(CoordinationError):
    """There is no {kind} {name}."""

    code = "not-found"
    status = 404


class Forbidden(CoordinationError):
    """Your role does not allow this; it needs {needed}."""

    code = "forbidden"
    status = 403


class Conflict(CoordinationError):
    """This is not possible in the present state."""

    code = "conflict"
    status = 409


class Invalid(CoordinationError):
    """The input is not valid: {problem}"""

    code = "invalid"
    status = 422
