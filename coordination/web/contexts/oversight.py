"""What keeps people judging for themselves: the numbers, and the catalogue of exercises."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.exercise import Entry
from coordination.approvals.terms import Terms
from coordination.web.contexts.approval_tabs import EXERCISES, JUDGEMENT, SETTINGS, settings_tabs, tabs
from coordination.web.contexts.parts import Choice, Problem
from coordination.web.contexts.reviewers import practice
from coordination.web.forms.manifest import Filled
from coordination.web.forms.schema import Field


@dataclass(frozen=True, slots=True)
class TermsPage:
    """The numbers."""

    tabs: list[Choice]
    settings: list[Choice]
    fields: list[Field]
    problems: list[Problem]
    practice: list[str]
    may_edit: bool

    @classmethod
    def of(cls, filled: Filled, terms: Terms, membership: Membership) -> "TermsPage":
        """Compute the page for one member."""
        return cls(
            tabs=tabs(SETTINGS),
            settings=settings_tabs(JUDGEMENT, may_edit=may(membership, Right.OVERSIGHT_EDIT)),
            fields=list(filled.fields.values()),
            problems=filled.problems,
            practice=practice(terms),
            may_edit=may(membership, Right.OVERSIGHT_EDIT),
        )


@dataclass(frozen=True, slots=True)
class ExerciseLine:
    """One exercise of the catalogue; `fits` tells whether anybody was ever asked about such a thing here."""

    entry: Entry
    link: str
    fits: bool
    placed: int
    missed: int


@dataclass(frozen=True, slots=True)
class ExercisesPage:
    """The catalogue."""

    tabs: list[Choice]
    settings: list[Choice]
    rows: list[ExerciseLine]
    share: float

    @classmethod
    def of(
        cls,
        entries: Iterable[Entry],
        operations: Iterable[str],
        results: Mapping[str, tuple[int, int]],
        terms: Terms,
    ) -> "ExercisesPage":
        """Compute the page."""
        asked = set(operations)
        return cls(
            tabs=tabs(SETTINGS),
            settings=settings_tabs(EXERCISES, may_edit=True),
            rows=[
                ExerciseLine(
                    one,
                    reverse("exercise", args=[one.key]),
                    one.spec.operation in asked,
                    *results.get(one.key, (0, 0)),
                )
                for one in entries
            ],
            share=terms.exercises,
        )


@dataclass(frozen=True, slots=True)
class ExercisePage:
    """One exercise, or a new one."""

    tabs: list[Choice]
    settings: list[Choice]
    title: str
    fields: list[Field]
    problems: list[Problem]
    entry: Entry | None

    @classmethod
    def of(cls, filled: Filled, entry: Entry | None) -> "ExercisePage":
        """Compute the page."""
        return cls(
            tabs=tabs(SETTINGS),
            settings=settings_tabs(EXERCISES, may_edit=True),
            title=entry.spec.title if entry else "New exercise",
            fields=list(filled.fields.values()),
            problems=filled.problems,
            entry=entry,
        )
