"""A step has failed the run: what was done before is undone, the last first, and then the run ends."""

from coordination.engine.flow.graph import undo_key
from coordination.engine.flow.machine.beginning import begin
from coordination.engine.flow.machine.ending import fail_run
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.machine.stopping import forget, stop
from coordination.engine.flow.state import StepState, StepStatus


def compensate(move: Move, step_id: str) -> None:
    """Stop what is under way, except what would have to be undone, and begin to undo."""
    state = move.state
    failed = state.steps[step_id]
    state.error = {**(failed.error or {}), "step": step_id}
    move.note("CompensationStarted", step_id, steps=state.undo[::-1])
    move.agenda.clear()
    withheld = move.withhold_starts()
    state.steps.complete()
    for key in move.plan.steps:
        step = state.steps[key]
        if not step.ended and (key in withheld or not _may_still_happen(move, step)):
            stop(move, step)
    move.later("undo")


def undo_next(move: Move, _: str) -> None:
    """Undo the last step that is not undone yet, or end the run; nothing else may be under way."""
    state = move.state
    if state.tally.open:
        return
    if not state.undo:
        fail_run(move, _with_what_is_left(state.error or {}))
        return
    begin(move, _compensation_of(move, state.undo.pop()).id)


def take_undo_end(move: Move, key: str) -> None:
    """Write down whether a step was undone, and go on with the others either way."""
    child = move.state.steps[key]
    parent = move.state.steps[child.parent]
    if child.status is StepStatus.SUCCEEDED:
        move.mark(parent, StepStatus.COMPENSATED)
        move.note("StepUndone", parent.id)
    else:
        move.note("StepNotUndone", parent.id, error=child.error)
        error = move.state.error or {}
        move.state.error = {**error, "not_undone": [*error.get("not_undone", []), parent.id]}
    move.later("undo")


def _may_still_happen(move: Move, step: StepState) -> bool:
    """Tell whether the step is being done right now and would have to be undone: it is better waited for."""
    can_be_undone = move.plan.steps[step.id].compensate is not None
    return can_be_undone and step.status is StepStatus.RUNNING and not step.holds_children


def _compensation_of(move: Move, step_id: str) -> StepState:
    key = undo_key(step_id)
    child = move.child(key)
    if child is not None and child.ended:
        forget(move, child)
        return child
    child = StepState(key, parent=step_id)
    move.create(child)
    return child


def _with_what_is_left(error: dict[str, object]) -> dict[str, object]:
    left = error.get("not_undone")
    if not isinstance(left, list):
        return error
    return {**error, "message": f"{error.get('message', '')} Not undone: {', '.join(left)}."}
