"""Which steps an event may touch: whoever keeps steps elsewhere loads these first, all at once."""

from collections import Counter
from collections.abc import Iterable

from coordination.engine.flow.definition import Map
from coordination.engine.flow.graph import Plan, child_key, undo_key
from coordination.engine.flow.state import RunState, StepState

# Kinds that do nothing by themselves when they are opened, so that nothing after them opens in the same event.
_STOPS = frozenset({"agent", "vote", "negotiate", "action", "approval"})


def neighbours(plan: Plan, state: RunState, keys: Iterable[str]) -> set[str]:
    """Return all steps that events on these steps may touch or read; they and their parents are loaded already.

    Not among them is what the machine asks for by `Steps.complete`.
    """
    named = list(keys)
    parents = Counter(parent for key in named if (parent := plan.parent_of(key)))
    found = {*named, *parents}.union(*(plan.reads(key) for key in named))
    for key in named:
        if not plan.parent_of(key):
            found |= _after(plan, key)
    for parent, n_children in parents.items():
        found |= _around(plan, state.steps[parent], n_children)
    if state.compensating and state.undo:
        found |= _undone_next(plan, state.undo[-1])
    # The run may end with these, and with the children of those whose end cuts them off.
    n_children = sum(state.steps[key].size for key in {*named, *parents} if key in plan.steps)
    if state.tally.ended + len(found) + n_children >= state.tally.total:
        found |= plan.output_reads
    return found


def _after(plan: Plan, step_id: str) -> set[str]:
    """Return the followers of a step with what they read, and theirs where a follower may end as it opens."""
    following: set[str] = set()
    queue = [step_id]
    while queue:
        for follower in plan.followers[queue.pop()]:
            if follower not in following:
                following.add(follower)
                definition = plan.steps[follower]
                if definition.when is not None or definition.kind not in _STOPS:
                    queue.append(follower)
    return following.union(*(plan.reads(follower) for follower in following))


def _around(plan: Plan, parent: StepState, n_children: int) -> set[str]:
    """Return what comes into play when so many children of a step end."""
    found = {parent.id} | plan.reads(parent.id)
    definition = plan.steps[parent.id]
    ending = n_children
    if definition.map is not None:
        ending = _ending_at_most(definition.map, parent, n_children)
        upcoming = [*parent.again[:ending], *range(parent.opened, min(parent.size, parent.opened + ending))]
        found |= {child_key(parent.id, index) for index in upcoming}
        if parent.done + ending < parent.size and parent.failed + ending <= definition.map.max_failures:
            return found
    elif parent.size:
        found |= {child_key(parent.id, index) for index in range(parent.size)}
    return found | _after(plan, parent.id)


def _ending_at_most(body: Map, parent: StepState, n_children: int) -> int:
    """Return how many items may end in one event: those that end as they are opened let others open."""
    if body.set is not None:
        return parent.size
    if body.workflow is not None:
        return n_children + body.max_failures + 1
    return n_children


def _undone_next(plan: Plan, step_id: str) -> set[str]:
    key = undo_key(step_id)
    return {step_id, key} | plan.reads(key)
