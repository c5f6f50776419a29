"""CEL inside `${…}`: find, check and evaluate the expressions of a workflow."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from coordination.engine.cel import Environment, EvaluationError, Program, environment
from coordination.engine.keepable import unfit_to_keep

_HOLE = re.compile(r"\$\{((?:[^{}\"']|\"[^\"]*\"|'[^']*'|\{[^{}]*\})*)\}")
_STEP = re.compile(r"\bsteps(?:\.([A-Za-z_]\w*)|\[\s*[\"']([^\"']+)[\"']\s*\])")
NAMES: Environment = environment(
    {"input": "dyn", "steps": "dyn", "run": "dyn", "context": "dyn", "item": "dyn", "round": "int"}
)

Scope = Mapping[str, Any]


def program(text: str, returns: str | None = None) -> Program:
    """Return the compiled expression; raises ExpressionError."""
    return NAMES.compile(text.strip(), returns=returns)


def inner(text: str) -> str:
    """Return the expression of a condition, written with or without its `${…}`."""
    match = _HOLE.fullmatch(text.strip())
    return match[1] if match else text


def truth(text: str, scope: Scope) -> bool:
    """Return the value of a condition; raises ExpressionError, EvaluationError."""
    value = program(inner(text), returns="bool").evaluate(scope)
    if not isinstance(value, bool):
        raise EvaluationError(f"{inner(text)}: gives {type(value).__name__}, but a condition must be true or false")
    return value


def render(template: Any, scope: Scope) -> Any:
    """Return a copy of a JSON value with every `${…}` evaluated; raises ExpressionError, EvaluationError.

    A string that is one expression keeps the expression's type; within other text values are put in as text.
    """
    value = _rendered(template, scope)
    if unfit := unfit_to_keep(value):
        raise EvaluationError(f"the expressions give {unfit}")
    return value


def _rendered(template: Any, scope: Scope) -> Any:
    if isinstance(template, dict):
        return {key: _rendered(value, scope) for key, value in template.items()}
    if isinstance(template, list):
        return [_rendered(value, scope) for value in template]
    if not isinstance(template, str) or "${" not in template:
        return template
    whole = _HOLE.fullmatch(template)
    if whole:
        return program(whole[1]).evaluate(scope)
    return _HOLE.sub(lambda hole: _text(program(hole[1]).evaluate(scope)), template)


def expressions_in(template: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], str]]:
    """Yield each expression inside a JSON value with the path to it."""
    if isinstance(template, dict):
        for key, value in template.items():
            yield from expressions_in(value, (*path, key))
    elif isinstance(template, list):
        for index, value in enumerate(template):
            yield from expressions_in(value, (*path, index))
    elif isinstance(template, str):
        for hole in _HOLE.finditer(template):
            yield path, hole[1]


def steps_named_in(text: str) -> set[str]:
    """Return the ids of the steps that an expression reads."""
    return {dotted or quoted for dotted, quoted in _STEP.findall(text)}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
