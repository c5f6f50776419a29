"""Steps of the plan open when what they need is done."""

from collections import deque

from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.flow import events as ev
from coordination.engine.flow.definition import Step
from coordination.engine.flow.expressions import truth
from coordination.engine.flow.machine import outcomes
from coordination.engine.flow.machine.beginning import begin
from coordination.engine.flow.machine.move import ImpossibleEvent, Move
from coordination.engine.flow.state import RunStatus, StepState, StepStatus


def start(move: Move, _: ev.RunStarted) -> None:
    """Open every step that needs nothing; raises ImpossibleEvent."""
    if move.state.status is not RunStatus.PENDING:
        raise ImpossibleEvent("the run has already started")
    move.state.status = RunStatus.RUNNING
    for step_id in move.plan.first:
        move.later("open", step_id)


def open_followers(move: Move, step_id: str) -> None:
    """Count for each follower that this need is done, and open those that wait for no other."""
    need = move.state.steps[step_id]
    for follower in move.plan.followers[step_id]:
        if move.state.steps[follower].status is StepStatus.PENDING and _is_enough(move, follower, need):
            move.later("open", follower)


def reopen(move: Move, _: str) -> None:
    """Count anew what every pending step waits for, and open those that wait for nothing: people changed the run."""
    steps = move.state.steps
    steps.complete()
    # Whoever ended in this event is counted here and must not be counted again.
    move.agenda = deque(turn for turn in move.agenda if turn[0] != "followers")
    pending = [step_id for step_id in move.plan.steps if steps[step_id].status is StepStatus.PENDING]
    move.state.tally.met.clear()
    ready = [step_id for step_id in pending if _has_all(move, move.plan.steps[step_id])]
    for step_id in ready:
        move.later("open", step_id)


def open_step(move: Move, step_id: str) -> None:
    """Let a pending step begin, or skip it if its condition does not hold."""
    step, when = move.state.steps[step_id], move.plan.steps[step_id].when
    if step.status is not StepStatus.PENDING:
        return
    if when is not None:
        try:
            holds = truth(when, move.state.scope(step_id))
        except (EvaluationError, ExpressionError) as error:
            outcomes.fail(move, step, {"code": "expression-failed", "message": str(error)})
            return
        if not holds:
            outcomes.skip(move, step, "its condition was not met")
            return
    begin(move, step_id)


def _is_enough(move: Move, follower: str, need: StepState) -> bool:
    definition, met = move.plan.steps[follower], move.state.tally.met
    n_met = met.get(follower, 0) + 1
    if n_met == len(definition.needs) or (definition.join == "any" and need.status is StepStatus.SUCCEEDED):
        return True
    met[follower] = n_met
    return False


def _has_all(move: Move, definition: Step) -> bool:
    needs = [move.state.steps[need] for need in definition.needs]
    n_met = sum(move.passes(need) for need in needs)
    if n_met == len(needs):
        return True
    if definition.join == "any" and any(need.status is StepStatus.SUCCEEDED for need in needs):
        return True
    if n_met:
        move.state.tally.met[definition.id] = n_met
    return False
