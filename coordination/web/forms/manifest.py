"""Forms that say what a manifest says: fields with a pointer each, and errors beside the field they are about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coordination.manifests.errors import ManifestUnreadable
from coordination.manifests.reading import read
from coordination.shared.errors import FieldError
from coordination.shared.json import Json, JsonObject
from coordination.web.contexts.parts import Problem
from coordination.web.forms.schema import Field

NAME_HELP = "Lower-case letters, digits, dots and hyphens; it cannot be changed later."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field of a form and the place in the manifest that it fills."""

    name: str
    pointer: str
    title: str
    help: str = ""
    widget: str = "line"
    required: bool = False
    options: Sequence[str] = ()
    step: str = "1"
    # Said before the title where several fields have the same one.
    part: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form filled in: its fields by name, and everything that is wrong, with links to the fields."""

    fields: dict[str, Field]
    problems: list[Problem]

    @classmethod
    def of(cls, wanted: Iterable[Wanted], typed: Mapping[str, str], errors: Iterable[FieldError] = ()) -> "Filled":
        """Place what was typed and what is wrong with it."""
        wanted = list(wanted)
        beside, problems = _placed(wanted, errors)
        return cls({one.name: _field(one, typed, beside.get(one.name, "")) for one in wanted}, problems)


def said(error: FieldError) -> str:
    """Return an error as a sentence: where, what, and what was probably meant."""
    where = f"Line {error.line}, column {error.column}: " if error.line else ""
    text = f"{where}{error.message}" if where else error.message[:1].upper() + error.message[1:]
    return f"{text.rstrip('.')}. Did you mean {error.suggestion}?" if error.suggestion else f"{text.rstrip('.')}."


def listed(text: str) -> list[Json]:
    """Return the words of a list that is typed with commas or one a line."""
    return [word for word in text.replace(",", " ").split() if word]


def joined(words: Iterable[Any] | None) -> str:
    """Return a list as it is typed."""
    return ", ".join(str(word) for word in words or ())


def mapping_in(text: str, pointer: str) -> tuple[JsonObject, list[FieldError]]:
    """Return the mapping that a YAML text says, and what is wrong with it."""
    try:
        documents = read(text)
    except ManifestUnreadable as error:
        return {}, [FieldError(pointer, one.message, one.suggestion, one.line, one.column) for one in error.errors]
    value = documents[0].value if documents else {}
    if len(documents) > 1 or not isinstance(value, dict):
        return {}, [FieldError(pointer, "write names with their values, one a line: name: value")]
    return value, []


def _placed(wanted: Sequence[Wanted], errors: Iterable[FieldError]) -> tuple[dict[str, str], list[Problem]]:
    """Return the errors by field, and all of them with links."""
    beside: dict[str, str] = {}
    problems: list[Problem] = []
    for error in errors:
        fitting = [one for one in wanted if f"{error.pointer}/".startswith(f"{one.pointer}/")]
        field = max(fitting, key=lambda one: len(one.pointer), default=None)
        if field is None:
            problems.append(Problem(f"{error.pointer} {said(error)}".strip()))
            continue
        beside[field.name] = f"{beside[field.name]} {said(error)}" if field.name in beside else said(error)
        problems.append(Problem(f"{field.part}{field.title}: {said(error)}", f"#field-{field.name}"))
    return beside, problems


def _field(one: Wanted, typed: Mapping[str, str], error: str) -> Field:
    return Field(
        name=one.name,
        title=one.title,
        help=one.help,
        widget=f"components/fields/{one.widget}.html",
        value=typed.get(one.name, ""),
        required=one.required,
        options=tuple(one.options),
        step=one.step,
        error=error,
    )
