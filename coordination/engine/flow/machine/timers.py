"""A time that a step has set has come, or what it waits for can't be taken."""

from coordination.engine.flow import events as ev
from coordination.engine.flow.machine import councils, outcomes
from coordination.engine.flow.machine.beginning import begin
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.machine.stopping import call_off
from coordination.engine.flow.state import StepState, StepStatus


def fire(move: Move, event: ev.TimerFired) -> None:
    """Wake the step or end its attempt; a step that has moved on takes no notice."""
    step = move.present(event.step, event.attempt)
    if step is None:
        return
    if event.purpose == "wake":
        _wake(move, step)
    else:
        _run_out(move, step, event.jitter)


def give_up(move: Move, event: ev.StepGivenUp) -> None:
    """Fail a step that would wait for ever; one that has moved on takes no notice."""
    step = move.present(event.step, event.attempt)
    if step is None or step.status is StepStatus.PENDING:
        return
    call_off(move, step)
    outcomes.fail(move, step, {"code": event.code, "message": event.message})


def _wake(move: Move, step: StepState) -> None:
    definition = move.definition(step)
    if definition.wait is not None and step.status is StepStatus.WAITING:
        outcomes.succeed(move, step, {})
    elif definition.workflow is not None and step.status is StepStatus.READY:
        begin(move, step.id)


def _run_out(move: Move, step: StepState, jitter: float) -> None:
    definition = move.definition(step)
    if definition.council is not None:
        councils.end_in_time(move, step)
        return
    if definition.kind in {"agent", "action"} or step.status not in {StepStatus.RUNNING, StepStatus.WAITING}:
        return
    call_off(move, step)
    error = {"code": "timeout", "message": f"{definition.title or step.id} took longer than {definition.timeout}."}
    if definition.workflow is not None:
        outcomes.fail_attempt(move, step, error, retryable=True, jitter=jitter)
    else:
        outcomes.fail(move, step, error)
