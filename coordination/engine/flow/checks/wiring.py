"""How the steps hang together: ids, needs, circles, and steps that can never run."""

from collections.abc import Iterator, Sequence

from coordination.engine.cel import EvaluationError, ExpressionError, environment
from coordination.engine.flow.checks.reads import reads
from coordination.engine.flow.checks.sites import RUN_NAMES
from coordination.engine.flow.definition import Step
from coordination.engine.flow.expressions import inner
from coordination.engine.manifest import Problem
from coordination.engine.mistakes import closest

_NOTHING = environment({})


def problems_of_wiring(steps: Sequence[Step]) -> Iterator[Problem]:
    """Yield everything that is wrong with how the steps hang together."""
    yield from _ids(steps)
    yield from _needs(steps)
    yield from _circles(steps)
    yield from _idle(steps)


def by_id(steps: Sequence[Step]) -> dict[str, Step]:
    """Return the steps by their ids; the first one has it when several have the same."""
    return {step.id: step for step in reversed(steps)}


def order_of(steps: Sequence[Step]) -> list[str]:
    """Return the ids so that each comes after its needs; those that wait for a circle are missing."""
    named = by_id(steps)
    waiting = {step_id: set(step.needs) & named.keys() for step_id, step in named.items()}
    followers: dict[str, list[str]] = {step_id: [] for step_id in named}
    for step_id, needs in waiting.items():
        for need in needs:
            followers[need].append(step_id)
    free = [step_id for step_id, needs in waiting.items() if not needs]
    order: list[str] = []
    while free:
        order.append(free.pop())
        for follower in followers[order[-1]]:
            waiting[follower].discard(order[-1])
            if not waiting[follower]:
                free.append(follower)
    return order


class Order:
    """Which steps come before which, as bits: a workflow may have half a million needs."""

    def __init__(self, steps: Sequence[Step]) -> None:
        named = by_id(steps)
        self._bit = {step_id: 1 << at for at, step_id in enumerate(named)}
        self._before: dict[str, int] = {}
        for step_id in order_of(steps):
            self._before[step_id] = 0
            for need in named[step_id].needs:
                if need in named:
                    self._before[step_id] |= self._bit[need] | self._before[need]

    def is_before(self, first: str, then: str) -> bool | None:
        """Tell whether a step has run when another one begins; nobody can where steps wait for each other."""
        if then not in self._before:
            return None
        return bool(self._before[then] & self._bit[first])


def _ids(steps: Sequence[Step]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, step in enumerate(steps):
        if step.id in seen:
            yield Problem(f"/spec/steps/{index}/id", f"another step is already called {step.id}")
        seen.add(step.id)


def _needs(steps: Sequence[Step]) -> Iterator[Problem]:
    known = {step.id for step in steps}
    for index, step in enumerate(steps):
        for position, need in enumerate(step.needs):
            at = f"/spec/steps/{index}/needs/{position}"
            if need == step.id:
                yield Problem(at, f"step {step.id} cannot need itself")
            elif need not in known:
                yield Problem(at, f"there is no step {need}", closest(need, known - {step.id}))


def _circles(steps: Sequence[Step]) -> Iterator[Problem]:
    """Yield a problem for each circle, at the need that closes it."""
    named = by_id(steps)
    stuck = named.keys() - {*order_of(steps)}
    waits = {one: [need for need in step.needs if need in stuck and need != one] for one, step in named.items()}
    told: set[str] = set()
    for index, step in enumerate(steps):
        if step.id not in stuck - told or step is not named[step.id]:
            continue
        circle = _way_back(step.id, waits)
        if circle:
            told.update(circle)
            at = f"/spec/steps/{index}/needs/{step.needs.index(circle[1])}"
            yield Problem(at, f"these steps wait for each other, so none can begin: {' → '.join(circle)}")


def _way_back(start: str, waits: dict[str, list[str]]) -> list[str]:
    """Return the shortest way from a step over its needs back to itself, or nothing."""
    came_from: dict[str, str] = {}
    queue = [start]
    for here in queue:
        if start in waits[here]:
            way = [here, start]
            while way[0] != start:
                way.insert(0, came_from[way[0]])
            return way
        for need in waits[here]:
            if need not in came_from:
                came_from[need] = here
                queue.append(need)
    return []


def _idle(steps: Sequence[Step]) -> Iterator[Problem]:
    for index, step in enumerate(steps):
        if step.when is not None and _is_never_true(step.when):
            yield Problem(f"/spec/steps/{index}/when", f"step {step.id} can never run: its condition is always false")


def _is_never_true(condition: str) -> bool:
    """Tell whether a condition that looks at nothing is false; what it cannot mean is told elsewhere."""
    text = inner(condition)
    if any(read.root in RUN_NAMES for read in reads(text)):
        return False
    try:
        return _NOTHING.compile(text).evaluate({}) is False
    except (ExpressionError, EvaluationError):
        return False
