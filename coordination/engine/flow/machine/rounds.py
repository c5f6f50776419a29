"""A loop: the same again, round after round, until a condition holds."""

from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.flow.definition import Loop
from coordination.engine.flow.expressions import truth
from coordination.engine.flow.graph import child_key
from coordination.engine.flow.machine import outcomes
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.state import StepState, StepStatus

EXHAUSTED = "loop-exhausted"


def begin_loop(move: Move, step: StepState, body: Loop) -> None:
    """Begin the first round."""
    step.attempt += 1
    move.mark(step, StepStatus.RUNNING, size=body.max)
    next_round(move, step)


def next_round(move: Move, parent: StepState) -> None:
    """Begin one more round; its expressions see the output of the one before as the loop's own."""
    child = StepState(child_key(parent.id, parent.opened), parent=parent.id, index=parent.opened)
    parent.opened += 1
    move.create(child)
    move.transition.touched.add(parent.id)
    move.later("begin", child.id)


def take_round_end(move: Move, parent: StepState, body: Loop, child: StepState) -> None:
    """Look at the condition after a round and go on, finish, or give up."""
    parent.done += 1
    move.transition.touched.add(parent.id)
    if child.status is StepStatus.FAILED:
        parent.failed += 1
        error = child.error or {}
        outcomes.fail(move, parent, {**error, "message": f"Round {child.index + 1} failed: {error.get('message', '')}"})
        return
    if child.status is StepStatus.SUCCEEDED:
        parent.output = child.output
    try:
        is_over = truth(body.until, move.state.scope(child.id))
    except (EvaluationError, ExpressionError) as error:
        outcomes.fail(move, parent, {"code": "expression-failed", "message": f"until: {error}"})
        return
    if is_over or (parent.done == parent.size and body.exhausted == "accept"):
        outcomes.complete(move, parent, parent.output, {"rounds": parent.done})
    elif parent.done == parent.size:
        message = f"After {parent.done} rounds this does not hold: {body.until}"
        outcomes.fail(move, parent, {"code": EXHAUSTED, "message": message})
    else:
        next_round(move, parent)
