"""A rule being written: its sentence, its rows and its CEL side by side, and what is wrong with it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coordination.engine.rules.facts import FACTS
from coordination.engine.rules.hooks import HOOKS, knows
from coordination.engine.rules.naming import TITLES
from coordination.engine.rules.operators import WITHOUT_VALUE
from coordination.shared.errors import FieldError
from coordination.web.contexts.parts import Problem
from coordination.web.contexts.policy_words import EFFECTS, Part, sentence_parts
from coordination.web.contexts.status import Status
from coordination.web.forms.manifest import Filled, Wanted, said
from coordination.web.forms.policy_fields import param_fields, rule_fields
from coordination.web.forms.policy_rows import RowTyped, kinds_of, operators_for
from coordination.web.forms.policy_rule import RuleTyped
from coordination.web.forms.policy_values import friendly
from coordination.web.forms.schema import Field

_WORD = re.compile(r"[\w.]+|\S")
_JOINS = {"all": "and", "any": "or"}
FEWEST_LINES = 2


@dataclass(frozen=True, slots=True)
class RowForm:
    """One row of the condition."""

    at: int
    typed: RowTyped
    operators: tuple[str, ...]
    takes_value: bool
    error: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A piece of the CEL text; a wrong one is underlined."""

    text: str
    is_wrong: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """One mistake in the CEL; `act` puts in what was probably meant."""

    text: str
    place: str = ""
    suggestion: str = ""
    act: str = ""


@dataclass(frozen=True, slots=True)
class Cel:
    """The text of a condition with its line numbers and what is underlined in it."""

    field: Field
    numbers: str
    n_lines: int
    marks: list[Mark]
    wrongs: list[Wrong]


@dataclass(frozen=True, slots=True)
class ParamForm:
    """The row of one parameter."""

    at: int
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class HookChoice:
    """One moment at which the rule may be asked."""

    name: str
    title: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FactChoice:
    """One fact that a row may be about."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class RuleEditor:
    """One rule in the form; `base` is the version that its author has seen."""

    here: str
    key: str
    base: int
    title: str
    effect: Status | None
    fields: dict[str, Field]
    rows: list[RowForm]
    join: str
    joint: str
    is_free: bool
    cel: Cel
    params: list[ParamForm]
    hooks: list[HookChoice]
    facts: list[FactChoice]
    seen: str
    stated: str
    told: str
    reads: list[Part]
    problems: list[Problem]
    is_checked: bool
    is_more_open: bool
    fired: str
    overtaken: str

    @classmethod
    def of(
        cls,
        typed: RuleTyped,
        here: str,
        *,
        at: int = 0,
        key: str = "",
        base: int = 0,
        errors: Iterable[FieldError] = (),
        is_checked: bool = False,
        fired: str = "",
        overtaken: str = "",
    ) -> "RuleEditor":
        """Compute the form; mistakes in the CEL are shown while it is typed, all others once it was checked."""
        errors = [replace(one, message=friendly(one.message)) for one in errors]
        path = f"/spec/rules/{at}/"
        in_cel = [one for one in errors if one.pointer == f"{path}when"]
        shown = [one for one in errors if is_checked or one in in_cel]
        wanted, values = _wanted(typed, at)
        filled = Filled.of(wanted, values, shown)
        more = [name for name, field in filled.fields.items() if field.error and name in _MORE]
        return cls(
            here=here,
            key=key,
            base=base,
            title=typed.said.get("key", "") or "New rule",
            effect=EFFECTS.get(typed.said.get("effect", "")),
            fields={name.removeprefix("rule-"): field for name, field in filled.fields.items()},
            rows=_rows(typed, is_checked),
            join=typed.join,
            joint=_JOINS.get(typed.join, "and"),
            is_free=typed.is_free,
            cel=_cel(filled.fields["rule-when"], in_cel if typed.when.strip() or is_checked else []),
            params=[
                ParamForm(number, [filled.fields[one.name] for one in param_fields(at, number, "")])
                for number in range(len(typed.params))
            ],
            hooks=[HookChoice(hook.name, hook.title, hook.name in typed.hooks) for hook in HOOKS.values()],
            facts=_facts(typed.hooks),
            seen=typed.seen,
            stated=typed.stated,
            told=typed.told,
            reads=_reads(typed),
            problems=filled.problems if is_checked else [],
            is_checked=is_checked,
            is_more_open=bool(more),
            fired=fired,
            overtaken=overtaken,
        )


# Fields that are folded away until somebody wants them.
_MORE = frozenset(
    f"rule-{name}"
    for name in (
        *("title", "severity", "mode", "failure_policy", "message_to_human", "message_to_agent"),
        *("owner", "review_by", "tags", "scope_workflows", "scope_agents", "scope_roles", "scope_actions"),
    )
)


def _wanted(typed: RuleTyped, at: int) -> tuple[list[Wanted], dict[str, str]]:
    """Return every field of the form and what is typed into it."""
    wanted = rule_fields(at)
    values = {f"rule-{name}": value for name, value in typed.said.items()}
    for number, param in enumerate(typed.params):
        wanted += param_fields(at, number, param.get("name", "").strip())
        values |= {f"param-{number}-{name}": value for name, value in param.items()}
    return wanted, values


def _rows(typed: RuleTyped, is_checked: bool) -> list[RowForm]:
    kinds = kinds_of(typed.params)
    errors = [*typed.row_errors, *[""] * len(typed.rows)]
    return [
        RowForm(
            at=at,
            typed=row,
            operators=operators_for(row, kinds),
            takes_value=row.operator not in WITHOUT_VALUE,
            # A row that was only just added is not wrong yet.
            error=errors[at] if is_checked or (row.field and row.value) else "",
        )
        for at, row in enumerate(typed.rows)
    ]


def _cel(field: Field, errors: Sequence[FieldError]) -> Cel:
    lines = field.value.split("\n")
    n_lines = max(len(lines), FEWEST_LINES)
    return Cel(
        field=field,
        numbers="\n".join(str(number + 1) for number in range(n_lines)),
        n_lines=n_lines,
        marks=_marks(lines, errors),
        wrongs=[_wrong(one) for one in errors],
    )


def _marks(lines: Sequence[str], errors: Iterable[FieldError]) -> list[Mark]:
    """Take the text apart where a word is wrong."""
    places = {(one.line, one.column) for one in errors if one.line and one.column}
    marks: list[Mark] = []
    for number, text in enumerate(lines, 1):
        at = 0
        for column in sorted(column for line, column in places if line == number and column):
            word = _WORD.match(text, column - 1)
            if word is None or word.start() < at:
                continue
            # Of a dotted name only the part that is not known would be too little: the whole name is meant.
            marks += [Mark(text[at : word.start()]), Mark(word[0], is_wrong=True)]
            at = word.end()
        marks.append(Mark(text[at:] + "\n"))
    return marks


def _wrong(error: FieldError) -> Wrong:
    place = f"{error.line}:{error.column}" if error.line and error.column else ""
    text = said(replace(error, suggestion=None))
    if not error.suggestion or not place:
        return Wrong(said(error), place)
    return Wrong(text, place, error.suggestion, f"meant-{error.line}-{error.column}-{error.suggestion}")


def _facts(hooks: Iterable[str]) -> list[FactChoice]:
    asked = [HOOKS[name] for name in hooks if name in HOOKS]
    return [
        FactChoice(name, TITLES.get(name, ""))
        for name in FACTS
        if name not in ("hook", "now") and any(knows(hook, name) for hook in asked)
    ]


def _reads(typed: RuleTyped) -> list[Part]:
    """Return what the rows say, where the rule's statement says it in other words."""
    rule: Mapping[str, Any] = {
        "params": {row["name"]: {"value": row.get("value", "")} for row in typed.params if row.get("name")}
    }
    return sentence_parts(typed.told, rule) if typed.told and typed.told != typed.stated else []
