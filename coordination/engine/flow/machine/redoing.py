"""Steps are done again: one that failed, one with everything after it, or all that a run's end had cut off."""

from coordination.engine.flow import events as ev
from coordination.engine.flow.graph import child_key
from coordination.engine.flow.machine import rounds
from coordination.engine.flow.machine.move import ImpossibleEvent, Move
from coordination.engine.flow.machine.stopping import begin_anew, call_off, forget
from coordination.engine.flow.state import RunStatus, StepState, StepStatus

_IN_VAIN = frozenset({StepStatus.FAILED, StepStatus.CANCELLED})


def try_again(move: Move, step: StepState) -> None:
    """Do a failed step again; of a map only what did not succeed, of a loop only its last round."""
    if _keeps_children(move, step):
        _go_on(move, step, redo_failed=True)
        return
    move.transition.repeated.append(step.id)
    begin_anew(move, step)
    move.later("open", step.id)


def repeat(move: Move, event: ev.StepRetried) -> None:
    """Do a step again with everything after it, and with what was undone; raises ImpossibleEvent."""
    step = move.step(event.step)
    if not step.ended or move.state.compensating:
        raise ImpossibleEvent(f"{step.id} has not ended" if not step.ended else "the run is being undone")
    if step.parent:
        _repeat_item(move, step)
        return
    move.state.steps.complete()
    undone = [key for key in move.plan.steps if move.state.steps[key].status is StepStatus.COMPENSATED]
    anew = dict.fromkeys(key for first in undone for key in move.plan.downstream(first))
    if step.id not in anew and step.status in _IN_VAIN and _keeps_children(move, step):
        _go_on(move, step, redo_failed=True)
        anew |= dict.fromkeys(move.plan.downstream(step.id)[1:])
    else:
        anew |= dict.fromkeys(move.plan.downstream(step.id))
    for key in anew:
        _restart(move, move.state.steps[key])
    revive(move)
    move.later("reopen")


def revive(move: Move) -> None:
    """Let a run that has ended go on: steps that its end had cut off belong to it again."""
    state = move.state
    if not state.ended:
        return
    state.status, state.error, state.output = RunStatus.RUNNING, None, None
    state.steps.complete()
    for key in move.plan.steps:
        step = state.steps[key]
        if step.status is not StepStatus.CANCELLED:
            continue
        if _keeps_children(move, step):
            _go_on(move, step)
        else:
            begin_anew(move, step)


def _restart(move: Move, step: StepState) -> None:
    if step.status is StepStatus.PENDING:
        return
    if not step.ended:
        call_off(move, step)
    move.transition.repeated.append(step.id)
    begin_anew(move, step)


def _repeat_item(move: Move, child: StepState) -> None:
    """Do one item of a map again while the map goes on."""
    parent = move.state.steps[child.parent]
    if move.plan.steps[parent.id].map is None or not parent.holds_children:
        raise ImpossibleEvent(f"{child.id} cannot be repeated by itself: repeat {parent.id}")
    parent.done -= 1
    parent.failed -= child.status is StepStatus.FAILED
    _put_back(move, parent, child)
    move.transition.repeated.append(child.id)
    move.later("items", parent.id)


def _keeps_children(move: Move, step: StepState) -> bool:
    """Tell whether what the children of a step have done still counts when it goes on."""
    return step.opened > 0 and move.plan.steps[step.id].body is not None


def _go_on(move: Move, step: StepState, *, redo_failed: bool = False) -> None:
    """Let a map or a loop go on; children that were cut off, and on request those that failed, begin anew."""
    steps = move.state.steps
    steps.complete(within=step.id)
    is_exhausted = (step.error or {}).get("code") == rounds.EXHAUSTED
    step.done, step.failed, step.again, step.error = 0, 0, [], None
    step.attempt += 1
    for index in range(step.opened):
        child = steps[child_key(step.id, index)]
        has_failed = child.status is StepStatus.FAILED
        if child.status is StepStatus.CANCELLED or (has_failed and redo_failed):
            move.transition.repeated.extend([child.id] if has_failed else [])
            _put_back(move, step, child)
        else:
            step.done += 1
            step.failed += has_failed
    move.mark(step, StepStatus.RUNNING)
    move.limit(step)
    loop = move.plan.steps[step.id].loop
    if loop is not None:
        _go_on_with_rounds(move, step, more=loop.max if is_exhausted else 0)
    else:
        _restore_pending(move, step)
        move.later("items", step.id)


def _put_back(move: Move, parent: StepState, child: StepState) -> None:
    forget(move, child)
    parent.again.append(child.index)


def _restore_pending(move: Move, step: StepState) -> None:
    """Let the items that were never opened wait for their turn again."""
    n_unopened = step.size - step.opened
    for index in range(step.opened, step.size):
        if child := move.state.steps.get(child_key(step.id, index)):
            child.status = StepStatus.PENDING
    if n_unopened:
        move.state.tally.ended -= n_unopened
        move.effect(ev.RestorePending(step.id, step.opened))


def _go_on_with_rounds(move: Move, step: StepState, *, more: int) -> None:
    """Begin the last round again, or look at its end again; an exhausted loop is granted as many rounds again."""
    last = child_key(step.id, step.opened - 1)
    if step.again:
        step.again.clear()
        move.later("begin", last)
    elif more:
        step.size += more
        rounds.next_round(move, step)
    else:
        step.done -= 1
        move.later("parent", last)
