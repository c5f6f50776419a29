"""What is left of a workflow without what is wrong with it, so that the rest can be looked at too."""

import copy
from typing import Any

from pydantic import ValidationError

from coordination.engine.flow.definition import KINDS, Step, Wait, WorkflowSpec

# What stands in for a step that cannot be read asks for nobody, and may put out anything.
_ANYTHING = Wait(signal="anything")


def sound_part(raw: Any) -> WorkflowSpec:
    """Return as much of a workflow as can be looked at; its steps stand where they were written."""
    said = raw if isinstance(raw, dict) else {}
    schema, title, output, steps = (said.get(name) for name in ("input", "title", "output", "steps"))
    return WorkflowSpec.model_construct(
        input=schema if isinstance(schema, dict) else {},
        title=title if isinstance(title, str) else "",
        output=output if isinstance(output, dict) else {},
        steps=[_step(step, at) for at, step in enumerate(steps if isinstance(steps, list) else [])],
    )


def _step(raw: Any, index: int) -> Step:
    try:
        return Step.model_validate(raw)
    except ValidationError as error:
        rest = _pruned(raw, error)
    # Whatever the step does, others may need it and use its output.
    without_kind = {name: value for name, value in rest.items() if name not in KINDS}
    for candidate in (rest, {**without_kind, "wait": _ANYTHING}):
        try:
            return Step.model_validate(candidate)
        except ValidationError:
            continue
    return _stand_in(raw, index)


def _pruned(raw: Any, error: ValidationError) -> dict[str, Any]:
    """Return a step without the values that are wrong."""
    rest = copy.deepcopy(raw) if isinstance(raw, dict) else {}
    for mistake in error.errors(include_url=False, include_input=False):
        _take_out(rest, mistake["loc"])
    return rest


def _take_out(value: Any, path: tuple[int | str, ...]) -> None:
    for part in path[:-1]:
        is_there = isinstance(value, dict) and part in value
        if not is_there and not (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            return
        value = value[part]
    if isinstance(value, dict) and path:
        value.pop(path[-1], None)


def _stand_in(raw: Any, index: int) -> Step:
    """Return a step that has only the name and the needs of one that cannot be read."""
    said = raw if isinstance(raw, dict) else {}
    name, needs = said.get("id"), said.get("needs")
    return Step.model_construct(
        id=name if isinstance(name, str) else f"({index})",
        needs=[need for need in needs if isinstance(need, str)] if isinstance(needs, list) else [],
        wait=_ANYTHING,
    )
