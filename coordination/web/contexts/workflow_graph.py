"""The picture of a workflow as it is written: the run page's graph before anything has happened."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from coordination.engine.draw.layered import Box, Metrics, layered
from coordination.engine.flow.definition import Step, WorkflowSpec
from coordination.web import words
from coordination.web.contexts.run_graph import INDENT_PX, NOTE_PX, PADDING_PX, TITLE_PX, Line, Node
from coordination.web.contexts.status import Status

TALL = Metrics(width=168, height=54, gap_along=30, gap_across=16)
KINDS = {
    "agent": Status("ready", "idle", "agents", "An agent works"),
    "vote": Status("ready", "idle", "agents", "Agents vote"),
    "negotiate": Status("ready", "idle", "agents", "Agents negotiate"),
    "approval": Status("ready", "human", "person", "A person decides"),
    "action": Status("ready", "wait", "tool", "Acts on the world"),
    "set": Status("ready", "idle", "data", "Computes"),
    "map": Status("ready", "idle", "agents", "Does the same for each item"),
    "loop": Status("ready", "idle", "rerouted", "Goes round and round"),
    "workflow": Status("ready", "idle", "workflows", "Runs another workflow"),
    "wait": Status("ready", "wait", "waiting", "Waits"),
}


@dataclass(frozen=True, slots=True)
class WorkflowGraph:
    """Nodes and lines on a sheet, drawn downward."""

    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    layers: tuple[tuple[Node, ...], ...]
    width: float
    height: float
    is_long: bool = False

    @classmethod
    def of(cls, spec: WorkflowSpec | None, link: Callable[[Step], str], chosen: str = "") -> "WorkflowGraph | None":
        """Draw a workflow; None while its steps do not make a graph."""
        if spec is None:
            return None
        try:
            drawing = layered({step.id: step.needs for step in spec.steps}, TALL, downward=True)
        except ValueError:
            return None
        steps = {step.id: step for step in spec.steps}
        nodes = tuple(_node(box, steps[box.key], link, chosen) for box in drawing.boxes)
        ordered = sorted(nodes, key=lambda node: (node.y, node.x))
        return cls(
            nodes=nodes,
            lines=tuple(Line(edge.path, "next") for edge in drawing.edges),
            layers=tuple(tuple(layer) for _, layer in groupby(ordered, key=lambda node: node.y)),
            width=drawing.width,
            height=drawing.height,
        )


def who_does(step: Step) -> str:
    """Say who or what a step is given to."""
    if step.agent is not None:
        others = words.plural(len(step.agent.fallback), "fallback") if step.agent.fallback else ""
        return f"{step.agent} · {others}" if others else str(step.agent)
    if step.council is not None:
        return ", ".join(str(target) for target in step.council.asked)
    if step.approval is not None:
        return ", then ".join(asked.group or asked.role or "a person decides" for asked in step.approval.chain)
    if step.workflow is not None:
        return step.workflow.name
    if step.body is not None:
        return "for each item" if step.map is not None else "round after round"
    if step.wait is not None:
        return f"for the signal {step.wait.signal}" if step.wait.signal else "for a time"
    return step.action.tool if step.action is not None else "computed"


def _node(box: Box, step: Step, link: Callable[[Step], str], chosen: str) -> Node:
    title, kind = step.title or step.id, KINDS[step.kind]
    status = Status("chosen", kind.tone, kind.icon, kind.word) if step.id == chosen else kind
    note = f"if … · {who_does(step)}" if step.when else who_does(step)
    return Node(
        key=step.id,
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        title=words.fit(title, box.width - INDENT_PX - 8, TITLE_PX),
        note=words.fit(note, box.width - 2 * PADDING_PX + 4, NOTE_PX),
        status=status,
        link=link(step),
        full_title=title,
        full_note=note,
    )
