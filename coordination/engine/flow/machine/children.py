"""A step hears from its items, rounds or racers."""

from coordination.engine.flow.machine.councils import take_member_end
from coordination.engine.flow.machine.items import go_on, take_item_end
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.machine.racers import take_racer_end
from coordination.engine.flow.machine.rounds import take_round_end


def take_child_end(move: Move, key: str) -> None:
    """Let the parent of a child that has ended go on; a parent that has ended itself takes no notice."""
    child = move.state.steps[key]
    parent = move.state.steps[child.parent]
    definition = move.definition(parent)
    if not parent.holds_children or not child.ended:
        return
    if definition.map is not None:
        take_item_end(move, parent, definition.map, child)
    elif definition.loop is not None:
        take_round_end(move, parent, definition.loop, child)
    elif definition.council is not None:
        take_member_end(move, parent, child)
    elif definition.agent is not None:
        take_racer_end(move, parent, definition.agent, child)


def go_on_with_items(move: Move, key: str) -> None:
    """Let a map go on whose items people or a run's end had changed."""
    parent = move.state.steps[key]
    body = move.definition(parent).map
    if body is not None and parent.holds_children:
        go_on(move, parent, body)
