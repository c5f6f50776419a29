"""What a workflow asks of its organization: agents, tools, other workflows and people, by name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from coordination.engine.flow.asked import Asked as AskedPeople
from coordination.engine.flow.called import AgentCall, Target
from coordination.engine.flow.definition import Body, Step, Work, WorkflowSpec

Path = tuple[object, ...]
Asked = Literal["agent", "role", "capability", "tool", "workflow"]


@dataclass(frozen=True, slots=True)
class Reference:
    """One name, what it is the name of, and where it stands."""

    kind: Asked
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Question:
    """People who are asked, and where that stands."""

    asked: AskedPeople
    path: Path


def references_in(spec: WorkflowSpec) -> Iterator[Reference]:
    """Yield every name of something that the organization must have."""
    for index, step in enumerate(spec.steps):
        path: Path = ("spec", "steps", index)
        yield from _work(step, path)
        yield from _council(step, path)
        if step.map is not None:
            yield from _work(step.map, (*path, "map"))
        if step.loop is not None:
            yield from _work(step.loop, (*path, "loop"))
        if step.compensate is not None:
            yield from _work(step.compensate, (*path, "compensate"))


def questions_in(spec: WorkflowSpec) -> Iterator[Question]:
    """Yield every question to people."""
    for index, step in enumerate(spec.steps):
        if step.approval is not None:
            yield Question(step.approval, ("spec", "steps", index, "approval"))
        if step.council is not None and step.council.decide is not None:
            yield Question(step.council.decide, ("spec", "steps", index, step.kind, "decide"))


def certain_calls(spec: WorkflowSpec) -> list[tuple[str, Path]]:
    """Return the workflows that every run of this one calls, unless a step fails before it gets there.

    A step with a condition may be left out, and a map may be over nothing.
    """
    found = []
    for index, step in enumerate(spec.steps):
        within = step.loop or step
        if step.when is None and within.workflow is not None:
            path = ("spec", "steps", index, *(["loop"] if step.loop else []), "workflow", "name")
            found.append((within.workflow.name, path))
    return found


def endless(name: str, calls: Mapping[str, Sequence[str]], start: str) -> Sequence[str]:
    """Return the way on which a workflow that calls `start` ends up in itself again, or nothing."""
    ways = [[name, start]]
    seen = {start}
    for way in ways:
        if way[-1] == name:
            return way
        for called in calls.get(way[-1], ()):
            if called not in seen:
                seen.add(called)
                ways.append([*way, called])
    return ()


def _work(work: Step | Work, path: Path) -> Iterator[Reference]:
    if work.agent is not None:
        yield from _call(work.agent, (*path, "agent"))
    if work.action is not None:
        yield Reference("tool", work.action.tool, (*path, "action", "tool"))
    if isinstance(work, Step | Body) and work.workflow is not None:
        yield Reference("workflow", work.workflow.name, (*path, "workflow", "name"))


def _council(step: Step, path: Path) -> Iterator[Reference]:
    if step.council is not None:
        name = "voters" if step.vote is not None else "parties"
        for at, target in enumerate(step.council.asked):
            yield from _target(target, (*path, step.kind, name, at))


def _call(call: AgentCall, path: Path) -> Iterator[Reference]:
    yield from _target(call, path)
    for at, target in enumerate(call.fallback):
        yield from _target(target, (*path, "fallback", at))


def _target(target: Target, path: Path) -> Iterator[Reference]:
    if target.name is not None:
        yield Reference("agent", target.name, (*path, "name"))
    if target.role is not None:
        yield Reference("role", target.role, (*path, "role"))
    if target.capability is not None:
        yield Reference("capability", target.capability, (*path, "capability"))
