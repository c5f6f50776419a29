"""Pages that are a form."""

from dataclasses import dataclass

from coordination.web.contexts.parts import Problem
from coordination.web.forms.manifest import Filled
from coordination.web.forms.schema import Field


@dataclass(frozen=True, slots=True)
class FormPage:
    """A form for something that has a name, new or known."""

    name: str
    version: int
    fields: dict[str, Field]
    problems: list[Problem]
    back: str

    @classmethod
    def of(cls, filled: Filled, back: str, name: str = "", version: int = 0) -> "FormPage":
        """Compute the page; without a name it is about something new."""
        return cls(name, version, filled.fields, filled.problems, back)

    @property
    def is_new(self) -> bool:
        """Tell whether the name can still be chosen."""
        return not self.name
