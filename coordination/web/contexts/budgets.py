"""Budgets for a day, as their page shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.audit.models import AuditEvent
from coordination.runs.selectors import Day
from coordination.web.contexts.budget_use import Use, uses_of
from coordination.web.contexts.links import place_of, run_of
from coordination.web.contexts.parts import Pager, Problem
from coordination.web.forms.schema import Field

# How an address names the budget of the whole organization; a workflow's is workflow:<name>.
OWN = "organization"
_UNITS = ("Money", "Tokens", "Calls")


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """One budget: whose it is, how each of its limits stands, and where it is changed."""

    day: Day
    title: str
    kind: str
    link: str
    # In the order of the columns; None where nothing is limited.
    uses: list[Use | None]
    edit_link: str
    lift_link: str

    @classmethod
    def of(cls, day: Day) -> "BudgetRow":
        """Return the row."""
        uses = {use.title: use for use in uses_of(day)}
        return cls(
            day=day,
            title=day.title or day.name or "The whole organization",
            kind=_kind(day),
            link=reverse(day.whose, args=[day.name]) if day.name else "",
            uses=[uses.get(unit) for unit in _UNITS],
            edit_link="" if day.in_manifest else _place("edit", day.name),
            lift_link="" if day.in_manifest else _place("lift", day.name),
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that a budget did not allow."""

    event: AuditEvent
    message: str
    step: str
    run: str
    link: str

    @classmethod
    def of(cls, event: AuditEvent, titles: Mapping[UUID, str]) -> "Refused":
        """Return what the record says; `titles` are those of the runs."""
        step, run_id = event.object.partition("/step:")[2], run_of(event.object)
        link = f"{place_of(event.object)}?{urlencode({'tab': 'steps', 'step': step})}"
        return cls(event, str(event.data.get("message", "")), step, titles.get(run_id, "") if run_id else "", link)


@dataclass(frozen=True, slots=True)
class BudgetsPage:
    """All budgets for a day."""

    rows: list[BudgetRow]
    pager: Pager
    refused: list[Refused]
    here: str
    may_edit: bool
    units: Sequence[str] = _UNITS

    @classmethod
    def of(
        cls, days: Sequence[Day], pager: Pager, refused: Sequence[Refused], membership: Membership, here: str
    ) -> "BudgetsPage":
        """Compute the page for one member."""
        rows = [BudgetRow.of(day) for day in days]
        return cls(rows, pager, list(refused), here, may(membership, Right.BUDGET_EDIT))


@dataclass(frozen=True, slots=True)
class BudgetFormPage:
    """The form; `workflow` is None while it can still be chosen whose budget it is, "" for the whole organization."""

    fields: Mapping[str, Field]
    problems: list[Problem]
    workflow: str | None

    @property
    def whose(self) -> str:
        """Return whose budget it is."""
        return self.workflow or "the whole organization"

    @property
    def is_new(self) -> bool:
        """Tell whether the form asks whose budget it is."""
        return self.workflow is None


@dataclass(frozen=True, slots=True)
class LiftPage:
    """The question before a budget is lifted."""

    workflow: str

    @property
    def whose(self) -> str:
        """Return whose budget it is."""
        return self.workflow or "the whole organization"


def _place(act: str, workflow: str) -> str:
    return reverse(f"{act}-budget", args=[f"workflow:{workflow}" if workflow else OWN])


def _kind(day: Day) -> str:
    if not day.name:
        return "all runs"
    where = "in its manifest" if day.in_manifest else "set here"
    return f"{day.whose} {day.name} · {where}" if day.title else f"{day.whose} · {where}"
