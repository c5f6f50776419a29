"""The people of the organization, and the form of a new one."""

from collections.abc import Sequence
from dataclasses import dataclass

from coordination.accounts.models import Membership
from coordination.web.contexts.parts import Pager, Problem
from coordination.web.forms.manifest import Filled
from coordination.web.forms.schema import Field


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """The list of members."""

    rows: Sequence[Membership]
    pager: Pager
    may_edit: bool


@dataclass(frozen=True, slots=True)
class NewPersonPage:
    """The form of a new member."""

    fields: dict[str, Field]
    roles: list[Field]
    problems: list[Problem]

    @classmethod
    def of(cls, filled: Filled) -> "NewPersonPage":
        """Compute the page."""
        roles = [field for name, field in filled.fields.items() if name.startswith("role_")]
        return cls(filled.fields, roles, filled.problems)
