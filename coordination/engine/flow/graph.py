"""How steps depend on each other, and what is wrong with that."""

import difflib
from collections.abc import Iterator

from coordination.engine.cel import ExpressionError
from coordination.engine.flow.definition import Step, WorkflowSpec
from coordination.engine.flow.expressions import expressions_in, inner, program, steps_named_in
from coordination.engine.manifest import Problem, pointer


class Plan:
    """A workflow ready to run: steps by id, and who waits for whom."""

    def __init__(self, spec: WorkflowSpec) -> None:
        self.spec = spec
        self.steps: dict[str, Step] = {step.id: step for step in spec.steps}
        self.followers: dict[str, list[str]] = {step.id: [] for step in spec.steps}
        for step in spec.steps:
            for need in step.needs:
                self.followers[need].append(step.id)

    def downstream(self, step_id: str) -> list[str]:
        """Return a step and all that follow from it."""
        found, queue = {step_id: None}, [step_id]
        while queue:
            for follower in self.followers[queue.pop()]:
                if follower not in found:
                    found[follower] = None
                    queue.append(follower)
        return list(found)


def problems_in(spec: WorkflowSpec) -> list[Problem]:
    """Return everything that would keep the workflow from running, all at once."""
    found = [*_ids(spec), *_needs(spec)]
    if not found:
        found = [*_cycles(spec)]
    if not found:
        found = [*_expressions(spec)]
    return found


def upstream(spec: WorkflowSpec) -> dict[str, set[str]]:
    """Return for each step everything it comes after; the graph must have no cycle."""
    by_id = {step.id: step for step in spec.steps}
    before: dict[str, set[str]] = {}
    for step_id in _order(spec):
        needs = by_id[step_id].needs
        before[step_id] = set(needs).union(*(before[need] for need in needs))
    return before


def _order(spec: WorkflowSpec) -> list[str]:
    """Return the ids so that each comes after its needs; ids on a cycle are missing."""
    waiting = {step.id: set(step.needs) for step in spec.steps}
    order: list[str] = []
    free = [step_id for step_id, needs in waiting.items() if not needs]
    followers: dict[str, list[str]] = {}
    for step in spec.steps:
        for need in step.needs:
            followers.setdefault(need, []).append(step.id)
    while free:
        done = free.pop()
        order.append(done)
        for follower in followers.get(done, ()):
            waiting[follower].discard(done)
            if not waiting[follower]:
                free.append(follower)
    return order


def _ids(spec: WorkflowSpec) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, step in enumerate(spec.steps):
        if step.id in seen:
            yield Problem(f"/spec/steps/{index}/id", f"another step is already called {step.id}")
        seen.add(step.id)


def _needs(spec: WorkflowSpec) -> Iterator[Problem]:
    known = [step.id for step in spec.steps]
    for index, step in enumerate(spec.steps):
        for position, need in enumerate(step.needs):
            at = f"/spec/steps/{index}/needs/{position}"
            if need == step.id:
                yield Problem(at, f"{step.id} cannot need itself")
            elif need not in known:
                yield Problem(at, f"there is no step {need}", _meant(need, known))


def _cycles(spec: WorkflowSpec) -> Iterator[Problem]:
    stuck = {step.id for step in spec.steps} - set(_order(spec))
    if stuck:
        index = next(i for i, step in enumerate(spec.steps) if step.id in stuck)
        yield Problem(f"/spec/steps/{index}/needs", f"these steps wait for each other: {', '.join(sorted(stuck))}")


def _expressions(spec: WorkflowSpec) -> Iterator[Problem]:
    before = upstream(spec)
    everything = set(before)
    for path, text in expressions_in(spec.output, ("spec", "output")):
        yield from _checked(path, text, everything, everything)
    for path, text in expressions_in(spec.title, ("spec", "title")):
        yield from _checked(path, text, set(), everything)
    for index, step in enumerate(spec.steps):
        root = ("spec", "steps", index)
        if step.when is not None:
            yield from _checked((*root, "when"), inner(step.when), before[step.id], everything, returns="bool")
        for path, text in _templates(step):
            yield from _checked((*root, *path), text, before[step.id], everything)


def _templates(step: Step) -> Iterator[tuple[tuple[object, ...], str]]:
    yield from expressions_in(step.input, ("input",))
    yield from expressions_in(step.facts, ("facts",))
    if step.set is not None:
        yield from expressions_in(step.set, ("set",))
    if step.action is not None:
        yield from expressions_in(step.action.args, ("action", "args"))
    if step.approval is not None:
        yield from expressions_in(step.approval.show, ("approval", "show"))
        yield from expressions_in(step.approval.title, ("approval", "title"))


def _checked(
    path: tuple[object, ...], text: str, before: set[str], everything: set[str], returns: str | None = None
) -> Iterator[Problem]:
    at = pointer(path)
    try:
        program(text, returns=returns)
    except ExpressionError as error:
        for mistake in error.diagnostics:
            yield Problem(at, f"{mistake.message} in {text.strip()}", mistake.suggestion)
    for name in sorted(steps_named_in(text)):
        if name not in everything:
            yield Problem(at, f"there is no step {name}", _meant(name, sorted(everything)))
        elif name not in before:
            yield Problem(at, f"{name} may not have run yet: add it to needs")


def _meant(name: str, known: list[str]) -> str | None:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return close[0] if close else None
