"""The rows of a condition as they are typed: a fact, an operator, a value; a parameter's value is typed in its row."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from coordination.engine.rules.conditions import PARAMS, Condition, Conditions, Join, Name
from coordination.engine.rules.naming import is_name
from coordination.engine.rules.operands import typed, value_of
from coordination.engine.rules.operators import OF_LISTS, OPERATORS, WITHOUT_VALUE, Operator
from coordination.engine.rules.ruleset import PARAM_TYPES, params_environment

MOST_ROWS = 50
Params = Sequence[Mapping[str, str]]
_ROW = re.compile(r"row-(\d{1,3})-(field|operator|value|param|seen)")
_NUMBERS = ("int", "double")
_WANTED = {
    "int": "write a number",
    "double": "write a number",
    "bool": "write true or false",
}


@dataclass(frozen=True, slots=True)
class RowTyped:
    """One row; `param` is the parameter whose value stands in it, `seen` that value when the row was shown."""

    field: str = ""
    operator: str = Operator.IS
    value: str = ""
    param: str = ""
    seen: str = ""
    error: str = ""


def rows_in(posted: Mapping[str, str]) -> list[RowTyped]:
    """Read the rows of a posted form; they keep their order, whatever their numbers."""
    found: dict[int, dict[str, str]] = {}
    for name, value in posted.items():
        if match := _ROW.fullmatch(name):
            found.setdefault(int(match[1]), {})[match[2]] = value
    return [RowTyped(**found[at]) for at in sorted(found)][:MOST_ROWS]


def rows_of(conditions: Conditions, params: Params) -> list[RowTyped]:
    """Return conditions as they would have been typed."""
    return [_row_of(one, params) for one in conditions.items]


def kinds_of(params: Params) -> dict[str, str]:
    """Return the type of everything that a condition may name."""
    known = {row["name"]: row["type"] for row in params if row.get("name") and row.get("type") in PARAM_TYPES}
    return params_environment(known)


def kind_of(name: str, kinds: Mapping[str, str]) -> str:
    """Return the type of a fact; what lies inside a map, and what nobody knows, may be anything."""
    return kinds.get(name, "dyn")


def operators_for(row: RowTyped, kinds: Mapping[str, str]) -> tuple[str, ...]:
    """Return the operators that a row offers: those that fit its fact, and the one that is chosen."""
    fitting = OPERATORS.get(kind_of(row.field.strip(), kinds), tuple(Operator))
    return fitting if row.operator in fitting else (*fitting, row.operator)


def conditions_of(rows: Iterable[RowTyped], join: str, kinds: Mapping[str, str]) -> tuple[Conditions | None, list[str]]:
    """Return what the rows say, or None as long as one of them is not complete, and what is wrong with each."""
    read = [_condition(row, kinds) for row in rows]
    errors = [one if isinstance(one, str) else "" for one in read]
    joined: Join = "any" if join == "any" else "all"
    if any(errors):
        return None, errors
    return Conditions(tuple(one for one in read if isinstance(one, Condition)), joined), errors


def follow(rows: Iterable[RowTyped], params: list[dict[str, str]]) -> list[RowTyped]:
    """Let a value that was changed in a row change its parameter, and every other row show the parameter's value."""
    rows = list(rows)
    values = {row.get("name", "").strip(): row for row in params}
    for row in rows:
        if row.param in values and row.value != row.seen:
            values[row.param]["value"] = row.value
    return [_followed(row, values) for row in rows]


def says_the_same(rows: Sequence[RowTyped], join: str, conditions: Conditions, params: Params) -> bool:
    """Tell whether rows are those that conditions would be shown as."""
    shown = rows_of(conditions, params)
    is_joined_alike = join == conditions.join or len(shown) < 2
    return is_joined_alike and [_typed_in(row) for row in rows] == [_typed_in(row) for row in shown]


def _typed_in(row: RowTyped) -> tuple[str, ...]:
    value = "" if row.operator in WITHOUT_VALUE else row.value
    return row.field, row.operator, value, row.param


def bound(rows: Iterable[RowTyped], conditions: Conditions, params: Params) -> list[RowTyped]:
    """Show a parameter that was named in a row by its value, which is typed there from now on."""
    return [
        _row_of(one, params) if isinstance(one.value, Name) and one.value.name.startswith(PARAMS) else row
        for row, one in zip(rows, conditions.items, strict=True)
    ]


def fits(conditions: Conditions, kinds: Mapping[str, str]) -> bool:
    """Tell whether every row's operator and value are of its fact's type: then its words were meant as rows."""
    return all(
        one.field in kinds
        and one.operator in OPERATORS.get(kinds[one.field], tuple(Operator))
        and (one.value is None or _fits(one, kinds))
        for one in conditions.items
    )


def _fits(one: Condition, kinds: Mapping[str, str]) -> bool:
    if isinstance(one.value, Name):
        return one.value.name in kinds
    return value_of(typed(one.value or ""), kinds[one.field], is_list=one.operator in OF_LISTS) == one.value


def _row_of(one: Condition, params: Params) -> RowTyped:
    param = one.value.name.removeprefix(PARAMS) if isinstance(one.value, Name) else ""
    shown = next((row.get("value", "") for row in params if param and row.get("name") == param), None)
    if shown is not None:
        return RowTyped(one.field, one.operator, shown, param, shown)
    return RowTyped(one.field, one.operator, "" if one.value is None else typed(one.value))


def _followed(row: RowTyped, values: Mapping[str, Mapping[str, str]]) -> RowTyped:
    if row.param not in values:
        # The parameter was removed: its value stays where it was seen.
        return replace(row, param="", seen="")
    value = values[row.param].get("value", "")
    return replace(row, value=value, seen=value)


def _condition(row: RowTyped, kinds: Mapping[str, str]) -> Condition | str:
    field = row.field.strip()
    if not is_name(field):
        return "choose a fact"
    if row.operator not in set(Operator):
        return "choose what to ask of it"
    operator = Operator(row.operator)
    if operator in WITHOUT_VALUE:
        is_inside = "." in field or operator in (Operator.HOLDS, Operator.FAILS)
        return Condition(field, operator) if is_inside else "only what lies in a map can be unknown"
    if row.param:
        return Condition(field, operator, Name(f"{PARAMS}{row.param}"))
    if not row.value.strip():
        return "write a value"
    kind = kind_of(field, kinds)
    value = value_of(row.value, kind, is_list=operator in OF_LISTS)
    if value is None:
        return _WANTED.get(kind, "write a value")
    return Condition(field, operator, value)
