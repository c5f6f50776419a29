"""Several agents on one step at once: the first answer counts, or all of them."""

from typing import Any

from coordination.engine.flow import events as ev
from coordination.engine.flow.called import AgentCall
from coordination.engine.flow.graph import child_key
from coordination.engine.flow.machine import councils, outcomes
from coordination.engine.flow.machine.move import ImpossibleEvent, Move
from coordination.engine.flow.machine.stopping import drop_children, stop_children
from coordination.engine.flow.state import StepState, StepStatus


def spread(move: Move, event: ev.StepSpread) -> None:
    """Let as many of the agents as the step asks for work on it; raises ImpossibleEvent."""
    step = move.worked_on(event.step, StepStatus.READY)
    definition = move.definition(step)
    call = definition.agent
    if definition.council is not None and not move.paused and event.agents and not step.parent:
        councils.seat(move, step, event)
        return
    if move.paused or call is None or not call.spreads or step.parent or not event.agents:
        raise ImpossibleEvent(f"{step.id} cannot be spread over agents now")
    agents = event.agents[: call.n]
    drop_children(move, step)
    step.attempt += 1
    step.opened, step.done, step.failed = len(agents), 0, 0
    move.mark(step, StepStatus.RUNNING, size=len(agents))
    for index, agent in enumerate(agents):
        child = StepState(child_key(step.id, index), parent=step.id, index=index, agent=agent)
        move.create(child)
        move.later("begin", child.id)


def take_racer_end(move: Move, parent: StepState, call: AgentCall, child: StepState) -> None:
    """Take the first answer of a race, or wait for all."""
    parent.done += 1
    has_answer = child.status is StepStatus.SUCCEEDED
    parent.failed += not has_answer
    move.transition.touched.add(parent.id)
    if has_answer and call.strategy == "race":
        stop_children(move, parent)
        outcomes.complete(move, parent, child.output, {"agent": child.agent}, child.confidence)
    elif parent.done == parent.size:
        if parent.failed == parent.size:
            _all_failed(move, parent, call)
        else:
            outcomes.complete(move, parent, _answers(move, parent), {"agents": parent.size, "failed": parent.failed})


def _all_failed(move: Move, parent: StepState, call: AgentCall) -> None:
    first = move.state.steps[child_key(parent.id, 0)]
    error = first.error or {"code": "skipped", "message": "it was skipped"}
    if parent.size > 1:
        message = f"None of {parent.size} agents could do it; the first, {first.agent}: {error['message']}"
        error = {**error, "message": message}
    if not outcomes.reroute(move, parent, call, error):
        outcomes.fail(move, parent, error)


def _answers(move: Move, parent: StepState) -> dict[str, Any]:
    """Return what each agent said, in their order, and beside it who said nothing."""
    children = [move.state.steps[child_key(parent.id, index)] for index in range(parent.size)]
    said: dict[str, Any] = {"results": [_answer(child) for child in children if child.status is StepStatus.SUCCEEDED]}
    silent = [child for child in children if child.status is not StepStatus.SUCCEEDED]
    if silent:
        said["failed"] = [{"agent": child.agent, "error": child.error} for child in silent]
    return said


def _answer(child: StepState) -> dict[str, Any]:
    sure = {} if child.confidence is None else {"confidence": child.confidence}
    return {"agent": child.agent, "output": child.output, **sure}
