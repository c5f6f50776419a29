"""The tables that scores look up: their form, and who changed them when."""

from collections.abc import Sequence
from dataclasses import dataclass

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.risk.models import TablesVersion
from coordination.web.contexts.parts import Choice, Problem
from coordination.web.contexts.risk_tabs import RISK, tabs
from coordination.web.forms.manifest import Filled
from coordination.web.forms.risk import table_groups
from coordination.web.forms.schema import Field


@dataclass(frozen=True, slots=True)
class Group:
    """Fields under one heading."""

    title: str
    note: str
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class TablesPage:
    """The tables."""

    tabs: list[Choice]
    groups: list[Group]
    rest: list[Field]
    reason: Field
    problems: list[Problem]
    versions: list[TablesVersion]
    may_edit: bool
    is_default: bool

    @classmethod
    def of(
        cls, filled: Filled, versions: Sequence[TablesVersion], membership: Membership, *, is_default: bool
    ) -> "TablesPage":
        """Compute the page for one member."""
        groups = table_groups()
        grouped = {name for _, _, names in groups for name in names}
        return cls(
            tabs=tabs(RISK),
            groups=[Group(title, note, [filled.fields[name] for name in names]) for title, note, names in groups],
            rest=[field for name, field in filled.fields.items() if name not in grouped and name != "reason"],
            reason=filled.fields["reason"],
            problems=filled.problems,
            versions=list(versions),
            may_edit=may(membership, Right.RISK_EDIT),
            is_default=is_default,
        )
