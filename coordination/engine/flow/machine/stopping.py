"""What is under way is called off."""

from coordination.engine.flow import events as ev
from coordination.engine.flow.graph import child_key, undo_key
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.state import StepState, StepStatus


def call_off(move: Move, step: StepState) -> None:
    """Tell everybody who is busy with a step that it is not wanted any more; its status stays."""
    definition = move.definition(step)
    if step.holds_children:
        stop_children(move, step)
    elif step.status is StepStatus.WAITING:
        if definition.wait is None or step.escalated:
            move.effect(ev.WithdrawQuestion(step.id))
    elif step.status is StepStatus.RUNNING:
        move.effect(ev.CancelChild(step.id) if definition.workflow else ev.StopWork(step.id))


def stop(move: Move, step: StepState) -> None:
    """Cut a step off."""
    call_off(move, step)
    move.mark(step, StepStatus.CANCELLED)


def stop_children(move: Move, parent: StepState) -> None:
    """Cut off every child that has not ended; those that were not opened are cancelled without a look at each."""
    steps = move.state.steps
    steps.complete(within=parent.id)
    unopened = _unopened(move, parent)
    for index in range(parent.opened):
        if index not in unopened:
            child = steps[child_key(parent.id, index)]
            if not child.ended:
                stop(move, child)
    if unopened:
        for index in unopened:
            if waiting := steps.get(child_key(parent.id, index)):
                waiting.status = StepStatus.CANCELLED
        move.state.tally.ended += len(unopened)
        move.effect(ev.CancelRest(parent.id))


def begin_anew(move: Move, step: StepState) -> None:
    """Make an ended step pending, as if it had never begun; what its children did is forgotten."""
    drop_children(move, step)
    if step.id in move.state.undo:
        move.state.undo.remove(step.id)
    forget(move, step)


def forget(move: Move, step: StepState) -> None:
    """Make a step pending; only the count of its attempts goes on."""
    step.target, step.tries, step.approved = 0, 0, False
    step.output = step.error = step.confidence = None
    step.held_by = ""
    step.opened = step.done = step.failed = 0
    step.again = []
    move.mark(step, StepStatus.PENDING, size=0)


def drop_children(move: Move, step: StepState) -> None:
    """Forget the children of a step, which have all ended, and its compensation."""
    is_map = move.plan.steps[step.id].map is not None
    keys = [child_key(step.id, index) for index in range(step.size if is_map else step.opened)]
    if undo_key(step.id) in move.state.steps:
        keys.append(undo_key(step.id))
    if keys:
        move.drop(step, keys)


def _unopened(move: Move, parent: StepState) -> dict[int, None]:
    """Return the children that exist but have not been opened, or not again; only a map makes any ahead."""
    if move.plan.steps[parent.id].map is None:
        return {}
    return dict.fromkeys([*parent.again, *range(parent.opened, parent.size)])
