"""What comes of a step: success, failure, another attempt, or a question to people."""

from typing import Any

from coordination.engine.flow import events as ev
from coordination.engine.flow.called import AgentCall
from coordination.engine.flow.graph import is_undo
from coordination.engine.flow.machine.ending import fail_run
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.retry import delay_s, is_retried
from coordination.engine.flow.state import StepState, StepStatus

Error = dict[str, Any]


def succeed(move: Move, step: StepState, output: Any, confidence: float | None = None) -> None:
    """Give the step its output and let others go on."""
    step.output, step.error, step.confidence = output, None, confidence
    move.mark(step, StepStatus.SUCCEEDED)
    if not step.parent and move.plan.steps[step.id].compensate is not None:
        move.state.undo.append(step.id)
    hand_on(move, step)


def complete(move: Move, step: StepState, output: Any, said: dict[str, Any], confidence: float | None = None) -> None:
    """Let a step succeed whose output nobody reported: it follows from other records, and `said` is noted."""
    move.note("StepCompleted", step.id, **said)
    succeed(move, step, output, confidence)


def skip(move: Move, step: StepState, reason: str) -> None:
    """Let others go on without the step."""
    step.error = None
    move.mark(step, StepStatus.SKIPPED)
    move.note("ConditionUnmet", step.id, reason=reason)
    hand_on(move, step)


def fail(move: Move, step: StepState, error: Error, *, final: bool = False) -> None:
    """Let the step fail for good, or first ask people if it is to be so; `final` when they have spoken."""
    on_error = move.definition(step).on_error if not step.parent else "fail"
    if on_error == "escalate" and not final and not move.state.compensating:
        _escalate(move, step, error)
        return
    step.error = error
    move.mark(step, StepStatus.FAILED)
    move.note("StepFailed", step.id, error=error)
    if step.parent or on_error == "continue" or move.state.compensating:
        hand_on(move, step)
    elif on_error == "compensate":
        move.agenda.appendleft(("compensate", step.id))
    else:
        fail_run(move, {**error, "step": step.id})


def hand_on(move: Move, step: StepState) -> None:
    """Let whoever waits for the step look at it."""
    if step.parent:
        move.later("undone" if is_undo(step.id) else "parent", step.id)
    else:
        move.later("undo" if move.state.compensating else "followers", step.id)


def fail_attempt(move: Move, step: StepState, error: Error, *, retryable: bool, jitter: float) -> None:
    """Repeat a failed attempt, go to the next target, or let the step fail."""
    definition = move.definition(step)
    retry, call = definition.retry, definition.agent
    if move.state.compensating and not is_undo(step.id):
        fail(move, step, error)
    elif step.tries <= retry.max and is_retried(retry, error["code"], retryable):
        _repeat(move, step, error, delay_s(retry, step.tries, jitter))
    elif call is None or not reroute(move, step, call, error):
        fail(move, step, error)


def reroute(move: Move, step: StepState, call: AgentCall, error: Error) -> bool:
    """Hand a step to its next target, and tell whether there was one."""
    if step.target + 1 >= len(call.route):
        return False
    step.error, step.tries, step.target = error, 0, step.target + 1
    move.mark(step, StepStatus.READY)
    move.note("StepRerouted", step.id, error=error, to=str(call.route[step.target]))
    move.offer(step)
    return True


def _repeat(move: Move, step: StepState, error: Error, after_s: float) -> None:
    step.error = error
    move.mark(step, StepStatus.READY)
    move.note("StepRetried", step.id, error=error, after_s=round(after_s, 3))
    if move.definition(step).workflow is not None:
        move.effect(ev.SetTimer(step.id, "wake", after_s, None, step.attempt))
    else:
        move.offer(step, after_s)


def _escalate(move: Move, step: StepState, error: Error) -> None:
    step.error = error
    move.mark(step, StepStatus.WAITING)
    move.note("StepEscalated", step.id, error=error)
    move.effect(ev.AskHuman(step.id, escalated=True))
