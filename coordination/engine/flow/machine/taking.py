"""A run takes an event: what it changes at once, and then, turn by turn, what follows from that."""

from collections.abc import Callable
from typing import Any

from coordination.engine.flow import events as ev
from coordination.engine.flow.called import Target
from coordination.engine.flow.graph import Plan, is_undo
from coordination.engine.flow.machine import (
    children,
    compensation,
    control,
    opening,
    racers,
    redoing,
    subruns,
    timers,
    waits,
    work,
)
from coordination.engine.flow.machine.beginning import begin as begin_step
from coordination.engine.flow.machine.ending import settle
from coordination.engine.flow.machine.move import ImpossibleEvent, Move, Transition, Turn
from coordination.engine.flow.state import RunState, Steps, Tally

_TAKE: dict[type, Callable[[Move, Any], None]] = {
    ev.RunStarted: opening.start,
    ev.StepClaimed: work.claim,
    ev.StepHeld: work.hold,
    ev.StepSpread: racers.spread,
    ev.StepSucceeded: work.take_output,
    ev.StepFailed: work.take_failure,
    ev.LeaseExpired: work.reoffer,
    ev.StepApproved: work.approve,
    ev.StepRejected: work.reject,
    ev.ChildEnded: subruns.take_run_end,
    ev.TimerFired: timers.fire,
    ev.StepGivenUp: timers.give_up,
    ev.SignalSent: waits.send_signal,
    ev.RunPaused: control.pause,
    ev.RunResumed: control.resume,
    ev.RunCancelled: control.cancel,
    ev.StepSkipped: control.skip,
    ev.StepOverridden: control.override,
    ev.StepTakenOver: control.take_over,
    ev.StepHandedBack: control.hand_back,
    ev.StepRetried: redoing.repeat,
}
_TURNS: dict[Turn, Callable[[Move, str], None]] = {
    "open": opening.open_step,
    "begin": begin_step,
    "followers": opening.open_followers,
    "parent": children.take_child_end,
    "items": children.go_on_with_items,
    "reopen": opening.reopen,
    "compensate": compensation.compensate,
    "undone": compensation.take_undo_end,
    "undo": compensation.undo_next,
}


def begin(plan: Plan, value: Any, about: dict[str, Any]) -> RunState:
    """Return the state of a run that has not started."""
    return RunState(input=value, steps=Steps(plan), about=about, tally=Tally(total=len(plan.steps)))


def apply(plan: Plan, state: RunState, event: ev.Event) -> Transition:
    """Change `state` by one event; raises ImpossibleEvent."""
    move = Move(plan, state)
    _TAKE[type(event)](move, event)
    while move.agenda:
        turn, key = move.agenda.popleft()
        _TURNS[turn](move, key)
    settle(move)
    return move.transition


def target_of(plan: Plan, state: RunState, key: str) -> Target:
    """Return whom the step's next attempt goes to; a racer's `agent` is one of those its parent asks for."""
    definition = plan.definition(key)
    parent = plan.parent_of(key)
    if definition.agent is None:
        raise ImpossibleEvent(f"{key} calls no agent")
    council = plan.steps[parent].council if parent and not is_undo(key) else None
    if council is not None:
        asked_for: int = state.steps[key].item["asked"]
        return council.asked[asked_for]
    asked = plan.steps[parent].agent if parent else None
    if asked is not None and state.steps[key].agent:
        return asked.route[state.steps[parent].target]
    return definition.agent.route[state.steps[key].target]


def spreads(plan: Plan, state: RunState, key: str) -> bool:
    """Tell whether the step is for several agents at once, so that a worker says which instead of claiming it."""
    definition, call = plan.definition(key), plan.definition(key).agent
    is_for_several = definition.council is not None or (call is not None and call.spreads)
    return is_for_several and not state.steps[key].parent
