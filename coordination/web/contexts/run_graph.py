"""The picture of a run's steps: a graph for wide screens, the same layers as a list for narrow ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from uuid import UUID

from coordination.engine.draw.layered import Box, Drawing, Metrics, layered
from coordination.engine.flow.state import StepStatus
from coordination.runs.models import Step
from coordination.runs.selectors import Around
from coordination.web import words
from coordination.web.contexts import run_notes
from coordination.web.contexts import status as statuses
from coordination.web.contexts.status import Status
from coordination.workflows.selectors import plan_of

WIDE = Metrics(width=176, height=54, gap_along=42, gap_across=22)
# For long workflows: what is too wide for the page would hide its end, which is where a run usually waits.
NARROW = Metrics(width=136, height=54, gap_along=26, gap_across=22)
# Wider than this the picture keeps its size and scrolls, instead of becoming too small to read.
WIDEST_PX = 1400
# What the page has room for on an ordinary screen.
ROOM_PX = 1180
TITLE_PX, NOTE_PX = 12.5, 11.5
INDENT_PX, PADDING_PX = 34, 16
BAR_PX = 3
_PASSED = {StepStatus.SUCCEEDED, StepStatus.SKIPPED}


@dataclass(frozen=True, slots=True)
class Node:
    """One step in the picture."""

    key: str
    x: float
    y: float
    width: float
    height: float
    title: str
    note: str
    status: Status
    link: str
    full_title: str
    full_note: str
    is_chosen: bool = False
    # How much of its items is done, where that says something.
    share: float | None = None

    @property
    def described(self) -> str:
        """Say everything, for hovering and for readers."""
        return f"{self.full_title}: {self.status.word}. {self.full_note}"

    @property
    def icon_x(self) -> float:
        """Return where the state's icon stands."""
        return self.x + 13

    @property
    def icon_y(self) -> float:
        """Return where the state's icon stands."""
        return self.y + 12

    @property
    def text_x(self) -> float:
        """Return where the title begins."""
        return self.x + INDENT_PX

    @property
    def title_y(self) -> float:
        """Return the title's base line."""
        return self.y + 23

    @property
    def note_x(self) -> float:
        """Return where the note begins."""
        return self.x + PADDING_PX

    @property
    def note_y(self) -> float:
        """Return the note's base line."""
        return self.y + 42

    @property
    def bar_y(self) -> float:
        """Return where the bar of its items stands."""
        return self.y + self.height - BAR_PX - 3

    @property
    def bar_width(self) -> float:
        """Return how long the bar is when all is done."""
        return self.width - 2 * PADDING_PX

    @property
    def done_width(self) -> float:
        """Return how long the bar is now."""
        return round(self.bar_width * (self.share or 0), 1)


@dataclass(frozen=True, slots=True)
class Line:
    """One dependency in the picture; passed once what it leads from is done."""

    path: str
    state: str


@dataclass(frozen=True, slots=True)
class RunGraph:
    """Nodes and lines on a sheet; `layers` are the nodes in order, those that work side by side together."""

    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    layers: tuple[tuple[Node, ...], ...]
    width: float
    height: float

    @property
    def is_long(self) -> bool:
        """Tell whether the picture scrolls instead of shrinking."""
        return self.width > WIDEST_PX

    @classmethod
    def of(
        cls,
        version_id: UUID,
        steps: Mapping[str, Step],
        around: Around,
        link: Callable[[Step], str],
        chosen: str = "",
    ) -> "RunGraph":
        """Draw the steps of a run."""
        drawing = _drawing(version_id)
        plan = plan_of(version_id)
        nodes = [
            _node(box, steps[box.key], run_notes.notes(steps[box.key], plan.steps[box.key], around), link, chosen)
            for box in drawing.boxes
        ]
        lines = [Line(edge.path, _line_state(steps[edge.source], steps[edge.target])) for edge in drawing.edges]
        ordered = sorted(nodes, key=lambda node: (node.x, node.y))
        layers = tuple(tuple(layer) for _, layer in groupby(ordered, key=lambda node: node.x))
        return cls(tuple(nodes), tuple(lines), layers, drawing.width, drawing.height)


@lru_cache(maxsize=256)
def _drawing(version_id: UUID) -> Drawing:
    """Return the layout of a workflow version: versions never change, so a process draws each once."""
    needs = {step.id: step.needs for step in plan_of(version_id).spec.steps}
    wide = layered(needs, WIDE)
    return wide if wide.width <= ROOM_PX else layered(needs, NARROW)


def _node(box: Box, step: Step, notes: list[str], link: Callable[[Step], str], chosen: str) -> Node:
    title = step.title or step.key
    return Node(
        key=box.key,
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        title=words.fit(title, box.width - INDENT_PX - 8, TITLE_PX),
        note=_fitted(notes, box.width - 2 * PADDING_PX + 4),
        status=statuses.of_step(step),
        link=link(step),
        full_title=title,
        full_note=" · ".join(notes),
        is_chosen=step.key == chosen,
        share=run_notes.share(step),
    )


def _fitted(notes: list[str], width_px: float) -> str:
    """Join as many notes as there is room for."""
    while len(notes) > 1 and words.width_of(" · ".join(notes), NOTE_PX) > width_px:
        notes = notes[:-1]
    return words.fit(" · ".join(notes), width_px, NOTE_PX)


def _line_state(source: Step, target: Step) -> str:
    if source.status not in _PASSED:
        return "open"
    return "passed" if target.status != StepStatus.PENDING else "next"
