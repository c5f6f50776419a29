"""A step begins, each kind in its way."""

from collections.abc import Callable
from typing import Any

from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.flow import events as ev
from coordination.engine.flow.asked import Approval
from coordination.engine.flow.definition import Expressions
from coordination.engine.flow.expressions import render
from coordination.engine.flow.machine import items, outcomes, rounds, subruns, waits
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.state import StepState, StepStatus


def begin(move: Move, key: str) -> None:
    """Let a step that is pending, or ready and not worked on, begin; it fails if its expressions have no value."""
    step = move.state.steps[key]
    if step.status not in {StepStatus.PENDING, StepStatus.READY}:
        return
    definition = move.definition(step)
    kind = definition.kind
    try:
        _BEGIN[kind](move, step, getattr(definition, kind))
    except (EvaluationError, ExpressionError) as error:
        outcomes.fail(move, step, {"code": "expression-failed", "message": str(error)})
    else:
        move.limit(step)


def _offer(move: Move, step: StepState, _: Any) -> None:
    move.mark(step, StepStatus.READY)
    move.offer(step)


def _ask(move: Move, step: StepState, _: Approval) -> None:
    step.attempt += 1
    move.mark(step, StepStatus.WAITING)
    move.effect(ev.AskHuman(step.id))


def _compute(move: Move, step: StepState, template: Expressions) -> None:
    step.attempt += 1
    output = render(template, move.state.scope(step.id))
    outcomes.complete(move, step, output, {"output": output})


_BEGIN: dict[str, Callable[[Move, StepState, Any], None]] = {
    "agent": _offer,
    "vote": _offer,
    "negotiate": _offer,
    "action": _offer,
    "approval": _ask,
    "set": _compute,
    "map": items.begin_map,
    "loop": rounds.begin_loop,
    "workflow": subruns.begin_run,
    "wait": waits.begin_wait,
}
