"""Where a workflow has expressions, what each of them may name, and what it has to give."""

from dataclasses import dataclass, field, replace
from typing import Any

from coordination.engine.flow.council import Negotiate, Vote
from coordination.engine.flow.definition import Body, Step, Work, WorkflowSpec
from coordination.engine.flow.expressions import HOLE
from coordination.engine.manifest import Problem, pointer

Path = tuple[object, ...]
RUN_NAMES = frozenset({"input", "steps", "run", "context"})
TITLE_NAMES = frozenset({"input"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may name; `own` allows the output of the step that it belongs to."""

    step: Step | None = None
    names: frozenset[str] = RUN_NAMES
    own: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """One expression: the text value it stands in, from where, and the types that it may give (empty: any)."""

    path: Path
    value: str
    start: int
    text: str
    scope: Scope
    wants: tuple[str, ...] = ()

    def problem(self, message: str, offset: int = 0, suggestion: str | None = None) -> Problem:
        """Return what is wrong at an offset of the expression."""
        return Problem(pointer(self.path), message, suggestion, *place(self.value, self.start + offset))


def place(text: str, offset: int) -> tuple[int, int]:
    """Return the line and the column of an offset; both count from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


@dataclass(slots=True)
class Sites:
    """All expressions of a workflow, in the order in which they are written."""

    found: list[Site] = field(default_factory=list)
    broken: list[Problem] = field(default_factory=list)

    def template(self, template: Any, path: Path, scope: Scope) -> None:
        """Add the expressions inside a JSON value."""
        if isinstance(template, dict):
            for name, inner in template.items():
                self.template(inner, (*path, name), scope)
        elif isinstance(template, list):
            for at, inner in enumerate(template):
                self.template(inner, (*path, at), scope)
        elif isinstance(template, str) and "${" in template:
            self._text(template, path, scope)

    def condition(self, text: str, path: Path, scope: Scope) -> None:
        """Add a condition, written with or without its `${…}`."""
        whole = HOLE.fullmatch(text.strip())
        start, inner = (text.index("${") + 2, whole[1]) if whole else (0, text)
        self.found.append(Site(path, text, start, inner, scope, ("bool",)))

    def value(self, text: str, path: Path, scope: Scope, wants: tuple[str, ...], what: str) -> None:
        """Add a text that has to be one expression of a type; a text may also be put together of several."""
        whole = HOLE.fullmatch(text)
        if whole:
            self.found.append(Site(path, text, 2, whole[1], scope, wants))
        elif "string" in wants:
            self.template(text, path, scope)
        else:
            self.broken.append(Problem(pointer(path), f"{what} is needed here: write one expression, ${{…}}"))

    def _text(self, text: str, path: Path, scope: Scope) -> None:
        end = 0
        for hole in HOLE.finditer(text):
            self._unread(text, end, hole.start(), path)
            self.found.append(Site(path, text, hole.start(1), hole[1], scope))
            end = hole.end()
        self._unread(text, end, len(text), path)

    def _unread(self, text: str, start: int, end: int, path: Path) -> None:
        at = text.find("${", start, end)
        if at >= 0:
            message = "the expression that begins here is never closed, or holds maps in maps in maps"
            self.broken.append(Problem(pointer(path), message, None, *place(text, at)))


def sites_in(spec: WorkflowSpec) -> Sites:
    """Return every place of a workflow where an expression stands."""
    sites = Sites()
    sites.template(spec.title, ("spec", "title"), Scope(names=TITLE_NAMES))
    for index, step in enumerate(spec.steps):
        _step(sites, step, ("spec", "steps", index))
    sites.template(spec.output, ("spec", "output"), Scope())
    return sites


def _step(sites: Sites, step: Step, path: Path) -> None:
    scope = Scope(step)
    if step.when is not None:
        sites.condition(step.when, (*path, "when"), scope)
    _work(sites, step, path, scope)
    if step.approval is not None:
        sites.template(step.approval.title, (*path, "approval", "title"), scope)
        sites.template(step.approval.show, (*path, "approval", "show"), scope)
    if step.council is not None:
        _council(sites, step.council, (*path, step.kind), scope)
    if step.wait is not None and step.wait.for_ is not None:
        sites.value(
            step.wait.for_, (*path, "wait", "for"), scope, ("string", "duration", "int", "double"), "a duration"
        )
    if step.wait is not None and step.wait.until is not None:
        sites.value(step.wait.until, (*path, "wait", "until"), scope, ("string", "timestamp"), "a time")
    if step.map is not None:
        inside = replace(scope, names=RUN_NAMES | {"item", "index"})
        if isinstance(step.map.over, str):
            sites.value(step.map.over, (*path, "map", "over"), scope, ("list",), "a list")
        else:
            sites.template(step.map.over, (*path, "map", "over"), scope)
        _work(sites, step.map, (*path, "map"), inside)
    if step.loop is not None:
        inside = replace(scope, names=RUN_NAMES | {"round"}, own=True)
        _work(sites, step.loop, (*path, "loop"), inside)
        sites.condition(step.loop.until, (*path, "loop", "until"), inside)
    if step.compensate is not None:
        _work(sites, step.compensate, (*path, "compensate"), replace(scope, own=True))


def _council(sites: Sites, council: Vote | Negotiate, path: Path, scope: Scope) -> None:
    """Add what a vote or a negotiation is about."""
    for name in ("options", "jobs"):
        listed = getattr(council, name, None)
        if isinstance(listed, str):
            sites.value(listed, (*path, name), scope, ("list",), "a list")
        else:
            sites.template(listed, (*path, name), scope)
    for name in ("vetoes", "refuted", "limit", "perform"):
        sites.template(getattr(council, name, None), (*path, name), scope)


def _work(sites: Sites, work: Step | Work, path: Path, scope: Scope) -> None:
    """Add what a step, or what stands inside one, hands to whoever does it."""
    sites.template(work.input, (*path, "input"), scope)
    sites.template(work.facts, (*path, "facts"), scope)
    if work.action is not None:
        sites.template(work.action.args, (*path, "action", "args"), scope)
    if isinstance(work, Step | Body) and work.set is not None:
        sites.template(work.set, (*path, "set"), scope)
    if isinstance(work, Step | Body) and work.workflow is not None:
        sites.template(work.workflow.input, (*path, "workflow", "input"), scope)
