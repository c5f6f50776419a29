"""CEL inside `${…}`: find, check and evaluate the expressions of a workflow."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from coordination.engine.cel import Environment, EvaluationError, Program, environment
from coordination.engine.keepable import unfit_to_keep

_TEXT = r"\"(?:\\.|[^\"\\])*+\"|'(?:\\.|[^'\\])*+'"
# An expression may hold a map, and that another one; what is matched once is never tried in another way.
_INNER = rf"\{{(?:[^{{}}\"']|{_TEXT}|\{{[^{{}}]*+\}})*+\}}"
HOLE = re.compile(rf"\$\{{((?:[^{{}}\"']|{_TEXT}|{_INNER})*+)\}}", re.DOTALL)
NAMES: Environment = environment(
    {"input": "dyn", "steps": "dyn", "run": "dyn", "context": "dyn", "item": "dyn", "index": "int", "round": "int"}
)

Scope = Mapping[str, Any]


def program(text: str, returns: str | None = None, names: Environment = NAMES) -> Program:
    """Return the compiled expression; raises ExpressionError."""
    return names.compile(text.strip(), returns=returns)


def inner(text: str) -> str:
    """Return the expression of a condition, written with or without its `${…}`."""
    match = HOLE.fullmatch(text.strip())
    return match[1] if match else text


def truth(text: str, scope: Scope) -> bool:
    """Return the value of a condition; raises ExpressionError, EvaluationError."""
    value = program(inner(text), returns="bool").evaluate(scope)
    if not isinstance(value, bool):
        raise EvaluationError(f"{inner(text)}: gives {type(value).__name__}, but a condition must be true or false")
    return value


def render(template: Any, scope: Scope, names: Environment = NAMES) -> Any:
    """Return a copy of a JSON value with every `${…}` evaluated; raises ExpressionError, EvaluationError.

    A string that is one expression keeps the expression's type; within other text values are put in as text.
    """
    value = _rendered(template, scope, names)
    if unfit := unfit_to_keep(value):
        raise EvaluationError(f"the expressions give {unfit}")
    return value


def _rendered(template: Any, scope: Scope, names: Environment) -> Any:
    if isinstance(template, dict):
        return {key: _rendered(value, scope, names) for key, value in template.items()}
    if isinstance(template, list):
        return [_rendered(value, scope, names) for value in template]
    if not isinstance(template, str) or "${" not in template:
        return template
    whole = HOLE.fullmatch(template)
    if whole:
        return program(whole[1], names=names).evaluate(scope)
    return HOLE.sub(lambda hole: _text(program(hole[1], names=names).evaluate(scope)), template)


def expressions_in(template: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], str]]:
    """Yield each expression inside a JSON value with the path to it."""
    if isinstance(template, dict):
        for key, value in template.items():
            yield from expressions_in(value, (*path, key))
    elif isinstance(template, list):
        for index, value in enumerate(template):
            yield from expressions_in(value, (*path, index))
    elif isinstance(template, str):
        for hole in HOLE.finditer(template):
            yield path, hole[1]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
