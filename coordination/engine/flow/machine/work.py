"""What workers, and the people who are asked, say about one step."""

from coordination.engine.flow import events as ev
from coordination.engine.flow.graph import is_undo
from coordination.engine.flow.machine import councils, outcomes
from coordination.engine.flow.machine.move import ImpossibleEvent, Move
from coordination.engine.flow.machine.redoing import try_again
from coordination.engine.flow.state import StepStatus


def claim(move: Move, event: ev.StepClaimed) -> None:
    """Begin a new attempt."""
    step = move.worked_on(event.step, StepStatus.READY)
    if move.paused:
        raise ImpossibleEvent("the run is paused")
    definition = move.definition(step)
    if definition.council is not None or (definition.agent is not None and definition.agent.spreads):
        raise ImpossibleEvent(f"{step.id} is for several agents at once: say which")
    step.attempt += 1
    step.tries += 1
    move.mark(step, StepStatus.RUNNING)


def hold(move: Move, event: ev.StepHeld) -> None:
    """Let the step wait until people agree."""
    step = move.worked_on(event.step, StepStatus.READY, StepStatus.RUNNING)
    if move.definition(step).council is not None:
        raise ImpossibleEvent(f"{step.id} is for several agents at once: hold each of them")
    step.approved, step.error = False, None
    move.mark(step, StepStatus.WAITING)


def take_output(move: Move, event: ev.StepSucceeded) -> None:
    """Accept what the present attempt gives."""
    step = move.worked_on(event.step, StepStatus.RUNNING)
    outcomes.succeed(move, step, event.output, event.confidence)


def take_failure(move: Move, event: ev.StepFailed) -> None:
    """Take note that an attempt failed, or could not even begin."""
    step = move.worked_on(event.step, StepStatus.RUNNING, StepStatus.READY)
    if step.status is StepStatus.READY:
        step.tries += 1
    error = {"code": event.code, "message": event.message}
    outcomes.fail_attempt(move, step, error, retryable=event.retryable, jitter=event.jitter)


def reoffer(move: Move, event: ev.LeaseExpired) -> None:
    """Give the step to another worker, unless the run is only being undone."""
    step = move.worked_on(event.step, StepStatus.RUNNING)
    if move.state.compensating and not is_undo(step.id):
        move.mark(step, StepStatus.CANCELLED)
        outcomes.hand_on(move, step)
        return
    step.tries = max(0, step.tries - 1)
    move.mark(step, StepStatus.READY)
    move.offer(step)


def approve(move: Move, event: ev.StepApproved) -> None:
    """Go on with what people agreed to, or try again what they were told has failed."""
    step = move.step(event.step, StepStatus.WAITING)
    definition = move.definition(step)
    if step.escalated:
        try_again(move, step)
    elif definition.approval is not None:
        outcomes.succeed(move, step, event.answer)
    elif definition.council is not None:
        councils.take_decision(move, step, event.answer)
    elif definition.wait is not None:
        raise ImpossibleEvent(f"{step.id} waits for no person")
    else:
        step.approved = True
        move.mark(step, StepStatus.READY)
        move.offer(step)


def reject(move: Move, event: ev.StepRejected) -> None:
    """Fail what people refused; of a step that had failed before, the first reason stays."""
    step = move.step(event.step, StepStatus.WAITING)
    if move.definition(step).wait is not None and not step.escalated:
        raise ImpossibleEvent(f"{step.id} waits for no person")
    if step.escalated and step.error is not None:
        error = {**step.error, "message": f"{step.error['message']} {event.message}"}
        outcomes.fail(move, step, error, final=True)
    else:
        outcomes.fail(move, step, {"code": event.code, "message": event.message})
