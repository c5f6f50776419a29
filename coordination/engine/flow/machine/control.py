"""What people do to a run at any time."""

from coordination.engine.flow import events as ev
from coordination.engine.flow.graph import is_undo
from coordination.engine.flow.machine import outcomes
from coordination.engine.flow.machine.ending import end
from coordination.engine.flow.machine.move import ImpossibleEvent, Move
from coordination.engine.flow.machine.redoing import revive
from coordination.engine.flow.machine.stopping import call_off
from coordination.engine.flow.state import RunStatus, StepState, StepStatus


def pause(move: Move, _: ev.RunPaused) -> None:
    """Let running steps finish and start none."""
    if move.state.status not in {RunStatus.RUNNING, RunStatus.WAITING}:
        raise ImpossibleEvent(f"a run that is {move.state.status} cannot be paused")
    move.state.status = RunStatus.PAUSED


def resume(move: Move, _: ev.RunResumed) -> None:
    """Start what could not start while the run was paused."""
    if not move.paused:
        raise ImpossibleEvent("the run is not paused")
    move.state.status = RunStatus.RUNNING
    move.state.steps.complete()
    ready = [step for step in move.state.steps.values() if step.status is StepStatus.READY]
    for step in sorted(ready, key=lambda step: (move.plan.position_of(step.id), step.index)):
        if move.definition(step).workflow is not None:
            move.later("begin", step.id)
        else:
            move.offer(step)


def cancel(move: Move, event: ev.RunCancelled) -> None:
    """End the run, and say what would still have had to be undone."""
    state = move.state
    if state.ended:
        raise ImpossibleEvent("the run has already ended")
    given_up = (state.error or {}).get("not_undone", []) if state.compensating else None
    end(move, RunStatus.CANCELLED, {"code": "cancelled", "message": event.reason})
    if given_up is not None and state.error is not None:
        left = [*given_up, *reversed(state.undo)]
        message = f"{event.reason} Not undone: {', '.join(left)}." if left else event.reason
        state.error = {**state.error, "message": message, "not_undone": left}


def skip(move: Move, event: ev.StepSkipped) -> None:
    """Let the run go on without the step."""
    step = _replaceable(move, event.step)
    step.error, step.held_by = None, ""
    move.mark(step, StepStatus.SKIPPED)
    _go_on_after(move, step)


def override(move: Move, event: ev.StepOverridden) -> None:
    """Give the step's output in its place."""
    step = _replaceable(move, event.step)
    step.output, step.error, step.held_by = event.output, None, ""
    move.mark(step, StepStatus.SUCCEEDED)
    if not step.parent and move.plan.steps[step.id].compensate is not None:
        move.state.undo.append(step.id)
    _go_on_after(move, step)


def take_over(move: Move, event: ev.StepTakenOver) -> None:
    """Let a person do what an agent was to do: whoever works on it is told to stop."""
    step = move.step(event.step, StepStatus.READY, StepStatus.RUNNING, StepStatus.WAITING)
    _check(move.definition(step).agent is not None and not step.holds_children, f"{step.id} is not an agent's")
    _check(not move.state.compensating and not step.escalated, f"{step.id} has failed: people are asked about it")
    _check(not step.held_by, f"{step.held_by.partition(':')[2]} has taken {step.id} over")
    call_off(move, step)
    step.approved, step.error, step.held_by = False, None, event.by
    move.mark(step, StepStatus.WAITING)


def hand_back(move: Move, event: ev.StepHandedBack) -> None:
    """Leave a step to agents again; the attempt that a person broke off does not count against retries."""
    step = move.step(event.step, StepStatus.WAITING)
    _check(bool(step.held_by), f"nobody has taken {step.id} over")
    step.held_by = ""
    move.mark(step, StepStatus.READY)
    move.offer(step)


def _replaceable(move: Move, key: str) -> StepState:
    """Return a step that nobody works on any more, so that a person may say what came of it."""
    step = move.step(key)
    if move.state.status is RunStatus.PENDING:
        raise ImpossibleEvent("the run has not started")
    if step.ended and step.status not in {StepStatus.FAILED, StepStatus.CANCELLED}:
        raise ImpossibleEvent(f"{key} has already {step.status}")
    if is_undo(key):
        _check(move.state.compensating and not step.ended, f"{key} is not under way")
    elif step.parent:
        _take_out(move, step)
    else:
        _check(not move.state.compensating, "the run is being undone")
    if not step.ended and step.status is not StepStatus.PENDING:
        call_off(move, step)
    return step


def _take_out(move: Move, child: StepState) -> None:
    """Count a child that has failed as not ended yet; what comes of it counts instead."""
    parent = move.state.steps[child.parent]
    is_open = parent.holds_children and not move.state.ended and child.status is not StepStatus.PENDING
    _check(is_open, f"{child.id} is not under way: decide about {parent.id}")
    if child.ended:
        parent.done -= 1
        parent.failed -= 1


def _go_on_after(move: Move, step: StepState) -> None:
    if step.parent:
        outcomes.hand_on(move, step)
    else:
        revive(move)
        move.later("reopen")


def _check(holds: bool, why_not: str) -> None:
    if not holds:
        raise ImpossibleEvent(why_not)
