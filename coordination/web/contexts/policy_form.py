"""The form of a policy: what it is, and a row for every rule and parameter."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from coordination.shared.errors import FieldError
from coordination.web.contexts.parts import Problem
from coordination.web.forms.manifest import Filled, Wanted
from coordination.web.forms.policies import ABOUT, PolicyTyped, RuleRow, param_fields, rule_fields
from coordination.web.forms.schema import Field


@dataclass(frozen=True, slots=True)
class ParamForm:
    """The row of one parameter."""

    at: int
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class RuleForm:
    """The rows of one rule; `fields` by their short names."""

    at: int
    title: str
    fields: dict[str, Field]
    params: list[ParamForm]
    tags: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class PolicyFormPage:
    """A policy being written."""

    name: str
    about: dict[str, Field]
    rules: list[RuleForm]
    problems: list[Problem]
    is_checked: bool
    here: str
    back: str

    @classmethod
    def of(
        cls, typed: PolicyTyped, errors: Iterable[FieldError] = (), name: str = "", *, is_checked: bool = False
    ) -> "PolicyFormPage":
        """Compute the page; without a name it is about a new policy."""
        wanted, values = _wanted(typed)
        filled = Filled.of(wanted, values, errors)
        return cls(
            name=name,
            about={one.name: filled.fields[one.name] for one in ABOUT},
            rules=[_rule(at, row, filled.fields) for at, row in enumerate(typed.rules)],
            problems=filled.problems,
            is_checked=is_checked and not filled.problems,
            here=reverse("edit-policy", args=[name]) if name else reverse("new-policy"),
            back=reverse("policy", args=[name]) if name else reverse("policies"),
        )


def _wanted(typed: PolicyTyped) -> tuple[list[Wanted], dict[str, str]]:
    """Return every field of the form and what is typed into it."""
    wanted, values = list(ABOUT), dict(typed.about)
    for at, rule in enumerate(typed.rules):
        wanted += rule_fields(at)
        values |= {f"rule-{at}-{name}": value for name, value in rule.said.items()}
        for number, param in enumerate(rule.params):
            wanted += param_fields(at, number, param.get("name", "").strip())
            values |= {f"rule-{at}-param-{number}-{name}": value for name, value in param.items()}
    return wanted, values


def _rule(at: int, row: RuleRow, fields: dict[str, Field]) -> RuleForm:
    own = {one.name.removeprefix(f"rule-{at}-"): fields[one.name] for one in rule_fields(at)}
    params = [
        ParamForm(number, [fields[one.name] for one in param_fields(at, number, "")])
        for number in range(len(row.params))
    ]
    wrong = any(one.error for one in [*own.values(), *(one for param in params for one in param.fields)])
    title = row.said.get("title") or row.said.get("key") or "New rule"
    return RuleForm(at, title, own, params, row.said.get("tags", ""), wrong)
