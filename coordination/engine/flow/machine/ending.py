"""A run comes to its end."""

from typing import Any

from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.flow import events as ev
from coordination.engine.flow.expressions import render
from coordination.engine.flow.graph import undo_key
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.machine.stopping import stop
from coordination.engine.flow.state import RunStatus, StepStatus


def settle(move: Move) -> None:
    """Derive the run's status from its tally after an event."""
    state = move.state
    if state.ended or state.status is RunStatus.PENDING:
        return
    if not state.tally.open:
        _finish(move)
    elif not move.paused:
        state.status = RunStatus.RUNNING if state.tally.active else RunStatus.WAITING


def end(move: Move, status: RunStatus, error: dict[str, Any] | None) -> None:
    """End the run and cut off whatever is still open."""
    state = move.state
    state.status, state.error = status, error
    move.agenda.clear()
    move.withhold_starts()
    if state.tally.ended != state.tally.total:
        _cut_off(move)
    move.effect(ev.EndRun())


def fail_run(move: Move, error: dict[str, Any]) -> None:
    """End the run as failed."""
    end(move, RunStatus.FAILED, error)
    move.note("RunFailed", "", error=error)


def _cut_off(move: Move) -> None:
    steps = move.state.steps
    steps.complete()
    for step_id, definition in move.plan.steps.items():
        if not steps[step_id].ended:
            stop(move, steps[step_id])
        if definition.compensate is not None and undo_key(step_id) in steps:
            undo = steps[undo_key(step_id)]
            if not undo.ended:
                stop(move, undo)
                move.state.undo.append(step_id)


def _finish(move: Move) -> None:
    state = move.state
    if state.tally.standing:
        fail_run(move, _what_stands(move))
        return
    try:
        state.output = render(move.plan.spec.output, state.scope())
    except (EvaluationError, ExpressionError) as error:
        fail_run(move, {"code": "expression-failed", "message": f"output: {error}"})
    else:
        end(move, RunStatus.SUCCEEDED, None)
        move.note("RunSucceeded", "", output=state.output)


def _what_stands(move: Move) -> dict[str, Any]:
    """Return why a run fails that people let go on: past the failure, but not past all that waited for that step."""
    steps = move.state.steps
    steps.complete()
    failed = (steps[key] for key in move.plan.steps if steps[key].status is StepStatus.FAILED)
    for step in failed:
        if not move.passes(step):
            return {**(step.error or {}), "step": step.id}
    undone = next(key for key in move.plan.steps if steps[key].status is StepStatus.COMPENSATED)
    return {"code": "undone", "message": f"{undone} was undone and not repeated.", "step": undone}
