"""The form of a policy: what it is, and for a new one its first rule."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse

from coordination.shared.errors import FieldError
from coordination.web.contexts.parts import Problem
from coordination.web.contexts.policy_editor import RuleEditor
from coordination.web.forms.manifest import Filled
from coordination.web.forms.policy_fields import ABOUT
from coordination.web.forms.schema import Field


@dataclass(frozen=True, slots=True)
class PolicyFormPage:
    """A policy being written; `base` is the version that its author has seen."""

    name: str
    base: int
    about: dict[str, Field]
    editor: RuleEditor | None
    problems: list[Problem]
    is_checked: bool
    here: str
    back: str

    @classmethod
    def of(
        cls,
        typed: Mapping[str, str],
        errors: Iterable[FieldError] = (),
        *,
        name: str = "",
        base: int = 0,
        editor: RuleEditor | None = None,
        is_checked: bool = False,
    ) -> "PolicyFormPage":
        """Compute the page; without a name it is about a new policy."""
        filled = Filled.of(ABOUT, typed, errors)
        problems = [*filled.problems, *(editor.problems if editor else [])]
        return cls(
            name=name,
            base=base,
            about=filled.fields,
            editor=editor,
            problems=problems,
            is_checked=is_checked and not problems,
            here=reverse("edit-policy", args=[name]) if name else reverse("new-policy"),
            back=reverse("policy", args=[name]) if name else reverse("policies"),
        )
