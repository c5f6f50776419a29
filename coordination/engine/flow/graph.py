"""How steps depend on each other, and what stands inside a step."""

from collections.abc import Iterable, Iterator
from typing import Any

from coordination.engine.flow.called import AgentCall
from coordination.engine.flow.checks.reads import reads
from coordination.engine.flow.definition import Body, Compensation, Step, Work, WorkflowSpec
from coordination.engine.flow.expressions import expressions_in, inner
from coordination.engine.proof.personal import declared

_UNDO = ".undo"


class Plan:
    """A workflow ready to run: steps by key, who waits for whom, and which steps each one reads."""

    def __init__(self, spec: WorkflowSpec) -> None:
        self.spec = spec
        self.steps: dict[str, Step] = {step.id: step for step in spec.steps}
        self.followers: dict[str, list[str]] = {step.id: [] for step in spec.steps}
        self.first: list[str] = [step.id for step in spec.steps if not step.needs]
        self.waiting_for: dict[str, list[str]] = {}
        self.budgets = {step.id: step.budget for step in spec.steps if step.budget is not None}
        self.output_reads = self._known(_steps_read(expressions_in(spec.output)))
        self._positions = {step.id: position for position, step in enumerate(spec.steps)}
        self._within: dict[str, Step] = {}
        self._reads: dict[str, frozenset[str]] = {}
        # What its runs must keep out of their records, see `engine/proof/personal.py`.
        self.personal = declared(spec.input)
        for step in spec.steps:
            self._add(step)

    def definition(self, key: str) -> Step:
        """Return what a step is; of an item, a round, a racer or a compensation, what is done in it."""
        return self.steps.get(key) or self._within[_kept_under(key)]

    def parent_of(self, key: str) -> str:
        """Return the step that a child belongs to, or nothing."""
        return _parent_in(key)

    def position_of(self, key: str) -> int:
        """Return where the step, or the step that a child belongs to, stands in the workflow."""
        return self._positions[_parent_in(key) or key]

    def reads(self, key: str) -> frozenset[str]:
        """Return the steps that the expressions of a step read; of a child, those of its parent too."""
        return self._reads[_kept_under(key)]

    def downstream(self, step_id: str) -> list[str]:
        """Return a step and all that follow from it."""
        found, queue = {step_id: None}, [step_id]
        while queue:
            for follower in self.followers[queue.pop()]:
                if follower not in found:
                    found[follower] = None
                    queue.append(follower)
        return list(found)

    def _add(self, step: Step) -> None:
        for need in step.needs:
            self.followers[need].append(step.id)
        if step.wait is not None and step.wait.signal is not None:
            self.waiting_for.setdefault(step.wait.signal, []).append(step.id)
        inside = step.body or _racer(step)
        if inside:
            self._within[step.id] = inside if isinstance(inside, Step) else _step_of(step, inside)
        self._reads[step.id] = self._known(_steps_read(_said_by(step)))
        if step.compensate is not None:
            self._within[step.id + _UNDO] = _step_of(step, step.compensate)
            self._reads[step.id + _UNDO] = self._known(_steps_read(_said_by(step.compensate)))

    def _known(self, named: frozenset[str] | None) -> frozenset[str]:
        return frozenset(self.steps) if named is None else named & self.steps.keys()


def child_key(parent: str, index: int) -> str:
    """Return the key of an item, a round or a racer."""
    return f"{parent}[{index}]"


def undo_key(step_id: str) -> str:
    """Return the key of the compensation of a step."""
    return step_id + _UNDO


def is_undo(key: str) -> bool:
    """Tell whether a key names a compensation."""
    return key.endswith(_UNDO)


def _parent_in(key: str) -> str:
    if key.endswith("]"):
        return key[: key.index("[")]
    return key.removesuffix(_UNDO) if key.endswith(_UNDO) else ""


def _kept_under(key: str) -> str:
    """Return where the plan keeps what a step or child says: all children of one parent say the same."""
    return key[: key.index("[")] if key.endswith("]") else key


def _step_of(step: Step, work: Work) -> Step:
    """Return what is done inside a step as a step of its own."""
    kinds = {kind: getattr(work, kind) for kind in work.kinds}
    same = {"id": step.id, "title": step.title, "needs": step.needs}
    return Step(**same, **kinds, input=work.input, facts=work.facts, retry=work.retry, timeout=work.timeout)


def _racer(step: Step) -> Step | None:
    """Return what each of several agents does."""
    if step.council is not None:
        call = AgentCall(**step.council.asked[0].model_dump())
        same = {name: getattr(step, name) for name in ("id", "title", "needs", "input", "facts", "retry", "timeout")}
        return Step(**same, agent=call)
    if step.agent is None or not step.agent.spreads:
        return None
    alone = step.agent.model_copy(update={"strategy": "best", "fallback": []})
    return step.model_copy(update={"agent": alone, "when": None, "on_error": "fail", "compensate": None})


def _said_by(part: Step | Body | Compensation) -> Iterator[tuple[tuple[object, ...], str]]:
    """Yield every expression that a step, or what is done inside it, says."""
    said: dict[str, Any] = part.model_dump(exclude={"compensate"}, exclude_defaults=True)
    yield from expressions_in(said)
    conditions = (getattr(part, "when", None), part.loop.until if isinstance(part, Step) and part.loop else None)
    for text in conditions:
        if text is not None:
            yield (), inner(text)


def _steps_read(found: Iterable[tuple[tuple[object, ...], str]]) -> frozenset[str] | None:
    """Return the ids that expressions read, or None if that shows only when they run."""
    named = set()
    for _, text in found:
        for read in reads(text):
            if read.root != "steps":
                continue
            if not read.parts or not isinstance(read.parts[0].key, str):
                return None
            named.add(read.parts[0].key)
    return frozenset(named)
