"""A map: the same for each item of a list, so many at once."""

from typing import Any

from coordination.engine.flow.definition import MOST_ITEMS, Map
from coordination.engine.flow.expressions import render
from coordination.engine.flow.graph import child_key
from coordination.engine.flow.machine import outcomes
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.machine.stopping import stop_children
from coordination.engine.flow.state import StepState, StepStatus
from coordination.engine.keepable import unfit_to_keep

# All outputs of a map together; what leaves the run, or goes into another step, is limited as everything is.
LARGEST_BYTES = 16_000_000


def begin_map(move: Move, step: StepState, body: Map) -> None:
    """Make a child of each item and open as many as may be under way at once."""
    listed = render(body.over, move.state.scope(step.id))
    step.attempt += 1
    if not isinstance(listed, list):
        message = f"over gives {type(listed).__name__}, but a list is needed."
        outcomes.fail(move, step, {"code": "not-a-list", "message": message})
    elif len(listed) > MOST_ITEMS:
        message = f"over gives {len(listed):,} items; {MOST_ITEMS:,} are allowed."
        outcomes.fail(move, step, {"code": "too-many-items", "message": message})
    elif not listed:
        outcomes.complete(move, step, [], {"items": 0, "failed": 0})
    else:
        move.mark(step, StepStatus.RUNNING, size=len(listed))
        for index, item in enumerate(listed):
            move.create(StepState(child_key(step.id, index), parent=step.id, index=index, item=item))
        _open(move, step, body)


def take_item_end(move: Move, parent: StepState, body: Map, child: StepState) -> None:
    """Count an item that has ended, and let the map go on."""
    parent.done += 1
    parent.failed += child.status is StepStatus.FAILED
    go_on(move, parent, body)


def go_on(move: Move, parent: StepState, body: Map) -> None:
    """Open the next items, finish, or give up."""
    move.transition.touched.add(parent.id)
    if parent.failed > body.max_failures:
        _give_up(move, parent, body)
    elif parent.done == parent.size:
        _finish(move, parent)
    else:
        _open(move, parent, body)


def _open(move: Move, parent: StepState, body: Map) -> None:
    room = body.concurrency - (parent.opened - len(parent.again) - parent.done)
    while room > 0 and (parent.again or parent.opened < parent.size):
        if parent.again:
            index = parent.again.pop(0)
        else:
            index = parent.opened
            parent.opened += 1
        move.later("begin", child_key(parent.id, index))
        room -= 1


def _give_up(move: Move, parent: StepState, body: Map) -> None:
    stop_children(move, parent)
    children = (move.state.steps[child_key(parent.id, index)] for index in range(parent.opened))
    first = next(child for child in children if child.status is StepStatus.FAILED)
    message = f"{first.id} failed: {(first.error or {}).get('message', '')}"
    if body.max_failures:
        message = f"{parent.failed} of {parent.size} items failed and {body.max_failures} may; {message}"
    outcomes.fail(move, parent, {"code": "items-failed", "message": message})


def _finish(move: Move, parent: StepState) -> None:
    steps = move.state.steps
    steps.complete(within=parent.id)
    outputs = [_output_of(steps[child_key(parent.id, index)]) for index in range(parent.size)]
    if unfit := unfit_to_keep(outputs, LARGEST_BYTES):
        outcomes.fail(move, parent, {"code": "output-too-large", "message": f"The outputs of all items are {unfit}."})
    else:
        outcomes.complete(move, parent, outputs, {"items": parent.size, "failed": parent.failed})


def _output_of(child: StepState) -> Any:
    return child.output if child.status is StepStatus.SUCCEEDED else None
