"""Steps that wait for a time or for a signal."""

from typing import Any

from coordination.engine.cel import EvaluationError
from coordination.engine.duration import seconds
from coordination.engine.flow import events as ev
from coordination.engine.flow.definition import Wait, input_errors
from coordination.engine.flow.expressions import render
from coordination.engine.flow.graph import Plan
from coordination.engine.flow.machine import outcomes
from coordination.engine.flow.machine.move import ImpossibleEvent, Move
from coordination.engine.flow.state import StepState, StepStatus
from coordination.engine.manifest import pointer
from coordination.engine.moment import moment

# Signals that nobody waits for yet are kept with the run; a sender that never stops must not fill it.
MOST_KEPT = 1_000


def begin_wait(move: Move, step: StepState, wait: Wait) -> None:
    """Set the timer that wakes the step, or take a signal that has come already."""
    step.attempt += 1
    if wait.signal is not None:
        _await_signal(move, step, wait)
        return
    scope = move.state.scope(step.id)
    after_s = None if wait.for_ is None else _seconds(render(wait.for_, scope))
    at = None if wait.until is None else _moment(render(wait.until, scope))
    move.mark(step, StepStatus.WAITING)
    move.effect(ev.SetTimer(step.id, "wake", after_s, at, step.attempt))


def send_signal(move: Move, signal: ev.SignalSent) -> None:
    """Give a signal to the first step that waits for it, or keep it for the next; raises ImpossibleEvent."""
    if move.state.ended:
        raise ImpossibleEvent(f"a run that is {move.state.status} takes no signals")
    found = signal_errors(move.plan, signal.name, signal.payload)
    if found:
        path, message = found[0]
        raise ImpossibleEvent(f"{signal.name} does not fit: {pointer(path)} {message}".replace("  ", " "))
    for key in move.plan.waiting_for[signal.name]:
        step = move.state.steps[key]
        if step.status is StepStatus.WAITING and not step.escalated and _fits(move, step, signal.payload):
            outcomes.succeed(move, step, signal.payload)
            return
    if len(move.state.signals) >= MOST_KEPT:
        raise ImpossibleEvent(f"{MOST_KEPT} signals already wait to be taken")
    move.state.signals.append({"name": signal.name, "payload": signal.payload})


def signal_errors(plan: Plan, name: str, payload: Any) -> list[tuple[list[object], str]]:
    """Return what keeps a signal from every step that waits for one of its name, each with its place."""
    waits = [plan.steps[key].wait for key in plan.waiting_for.get(name, ())]
    if not waits:
        return [([], f"no step waits for a signal called {name}")]
    found = [input_errors(wait.payload, payload) for wait in waits if wait is not None]
    return min(found, key=len)


def _await_signal(move: Move, step: StepState, wait: Wait) -> None:
    for position, signal in enumerate(move.state.signals):
        if signal["name"] == wait.signal and not input_errors(wait.payload, signal["payload"]):
            del move.state.signals[position]
            outcomes.complete(move, step, signal["payload"], {"signal": wait.signal})
            return
    move.mark(step, StepStatus.WAITING)


def _fits(move: Move, step: StepState, payload: Any) -> bool:
    wait = move.definition(step).wait
    return wait is not None and not input_errors(wait.payload, payload)


def _seconds(value: object) -> float:
    """Return the seconds of a duration as text, or of a number of seconds."""
    try:
        return seconds(f"{value}s" if isinstance(value, int | float) else str(value))
    except ValueError as error:
        raise EvaluationError(str(error)) from None


def _moment(value: object) -> str:
    try:
        return moment(str(value)).isoformat()
    except ValueError as error:
        raise EvaluationError(str(error)) from None
