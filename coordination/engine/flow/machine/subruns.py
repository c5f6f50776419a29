"""A step that is a run of another workflow."""

from coordination.engine.flow import events as ev
from coordination.engine.flow.definition import WorkflowCall
from coordination.engine.flow.expressions import render
from coordination.engine.flow.machine import outcomes
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.state import RunStatus, StepState, StepStatus


def begin_run(move: Move, step: StepState, call: WorkflowCall) -> None:
    """Ask for the other run, or let the step be ready for it while nothing may start."""
    if move.paused:
        move.mark(step, StepStatus.READY)
        return
    value = render(call.input, move.state.scope(step.id))
    step.attempt += 1
    step.tries += 1
    move.mark(step, StepStatus.RUNNING)
    move.effect(ev.StartChild(step.id, call.name, value, step.attempt))


def take_run_end(move: Move, event: ev.ChildEnded) -> None:
    """Take over how the other run ended; the end of one that is not wanted any more changes nothing."""
    step = move.present(event.step, event.attempt)
    if step is None or step.status is not StepStatus.RUNNING:
        return
    call = move.definition(step).workflow
    if event.status == RunStatus.SUCCEEDED:
        outcomes.succeed(move, step, event.output)
        return
    cause = (event.error or {}).get("message", "")
    error = {"code": f"run-{event.status}", "message": f"The run of {call and call.name} {event.status}: {cause}"}
    is_failure = event.status == RunStatus.FAILED
    outcomes.fail_attempt(move, step, error, retryable=is_failure, jitter=event.jitter)
