"""What is known, before anything runs, about the values that expressions name."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from coordination.engine.cel import Diagnostic, ExpressionError, checking, environment
from coordination.engine.flow.checks.reads import Read, reads, without_questions
from coordination.engine.flow.checks.shapes import ANY, TEXT, WHOLE, Shape, closed, list_of, literal, shape_of
from coordination.engine.flow.checks.sites import RUN_NAMES, Scope
from coordination.engine.flow.checks.wiring import by_id, order_of
from coordination.engine.flow.definition import Step, WorkflowSpec
from coordination.engine.flow.expressions import HOLE
from coordination.engine.flow.state import StepStatus

_STATUS = Shape("string", options=tuple(status.value for status in StepStatus))
# What votes and negotiations come to; there is more in them.
_COUNTED = {"winner": TEXT, "by": TEXT, "rule": TEXT, "shares": Shape("map"), "votes": Shape("list(map)")}
_NEGOTIATED = {"agreed": TEXT, "winner": TEXT, "by": TEXT, "protocol": TEXT, "moves": Shape("list(map)")}
RUN = Shape(
    "map",
    {"id": TEXT, "workflow": TEXT, "version": WHOLE, "title": TEXT, "priority": WHOLE, "started_by": TEXT},
)
# What is kept is JSON: a time has become a text, and a double that is whole an int.
_KEPT_AS = {
    "bool": "bool",
    "int": "int",
    "uint": "int",
    "double": "number",
    "list": "list(dyn)",
    "map": "map",
    **dict.fromkeys(("string", "bytes", "timestamp", "duration"), "string"),
}


class Knowledge:
    """The input's schema, and what each step puts out as far as the definition tells."""

    def __init__(self, spec: WorkflowSpec) -> None:
        self._input = shape_of(spec.input)
        self._items: dict[str, Shape] = {}
        named = by_id(spec.steps)
        self._steps = dict.fromkeys(named, _step(ANY))
        for step_id in order_of(spec.steps):
            self._steps[step_id] = _step(self._output(named[step_id]))

    def roots(self, scope: Scope) -> dict[str, Shape]:
        """Return what is known about each name that an expression may use."""
        found = {"input": self._input, "steps": closed(self._steps), "run": RUN, "context": ANY}
        inside = {"index": WHOLE, "round": WHOLE}
        if "item" in scope.names and scope.step is not None:
            inside["item"] = self._item(scope.step)
        return {name: shape for name, shape in {**found, **inside}.items() if name in scope.names}

    def type_of(self, text: str, scope: Scope) -> str:
        """Return the type that an expression gives, without what is inside it; raises ExpressionError."""
        roots = self.roots(scope)
        kinds = _declared([read for read in reads(text) if read.root in roots], roots)
        plain = dict.fromkeys(roots, "dyn")
        if not kinds:
            return environment(plain).compile(text).type_name.partition("<")[0]
        gives, mistakes = _compiled(text, plain, kinds, number="double")
        if mistakes and "number" in kinds.values():
            # A number of JSON is an int or a double: a mistake is one only if it is one both ways.
            gives, others = _compiled(text, plain, kinds, number="int")
            places = {(one.line, one.column) for one in others}
            mistakes = tuple(one for one in mistakes if (one.line, one.column) in places)
        if mistakes:
            raise ExpressionError(mistakes)
        return gives

    def _output(self, step: Step) -> Shape:
        if step.set is not None:
            return self._template(step.set, Scope(step))
        if step.loop is not None and step.loop.set is not None:
            return self._template(step.loop.set, Scope(step, RUN_NAMES | {"round"}))
        if step.map is not None:
            return list_of(ANY)
        if step.wait is not None and step.wait.payload:
            return shape_of(step.wait.payload)
        if step.agent is not None and step.agent.strategy == "all":
            return closed({"results": Shape("list(map)")})
        if step.vote is not None:
            return Shape("map", _COUNTED)
        if step.negotiate is not None:
            return Shape("map", _NEGOTIATED)
        return ANY

    def _template(self, value: Any, scope: Scope) -> Shape:
        """Return the shape of what a template becomes."""
        if isinstance(value, dict):
            return closed({name: self._template(inner, scope) for name, inner in value.items()})
        if isinstance(value, list):
            return list_of(ANY)
        if not isinstance(value, str):
            return literal(value)
        whole = HOLE.fullmatch(value)
        return self._expression(whole[1], scope) if whole else TEXT

    def _expression(self, text: str, scope: Scope) -> Shape:
        read = next(iter(reads(text)), None)
        roots = self.roots(scope)
        if read is not None and read.root in roots and text[read.at : read.end] == text.strip():
            return at_end_of(read, roots[read.root])
        try:
            kind = self.type_of(text, scope)
        except ExpressionError:
            return ANY
        return Shape(_KEPT_AS.get(kind, "dyn"))

    def _item(self, step: Step) -> Shape:
        """Return the shape of the items that a map goes over."""
        if step.id not in self._items:
            over = step.map.over if step.map is not None else None
            whole = HOLE.fullmatch(over) if isinstance(over, str) else None
            listed = self._expression(whole[1], Scope(step)) if whole else literal(over)
            self._items[step.id] = listed.at(0)
        return self._items[step.id]


def _step(output: Shape) -> Shape:
    return closed({"status": _STATUS, "output": output})


def at_end_of(read: Read, root: Shape) -> Shape:
    """Return what is known about the value that a path leads to."""
    shape = root
    for part in read.parts:
        shape = shape.at(part.key)
    return shape


def _declared(named: Iterable[Read], roots: Mapping[str, Shape]) -> dict[str, str]:
    """Return the type of each name and of each field that is read, as dotted variables, where one is known."""
    kinds: dict[str, str] = {}
    for read in named:
        shape, path = roots[read.root], read.root
        if not read.parts:
            kinds[path] = shape.kind
        for part in read.parts:
            if isinstance(part.key, int) or not part.key.isidentifier():
                break
            shape, path = shape.at(part.key), f"{path}.{part.key}"
            kinds[path] = shape.kind
    return {path: kind for path, kind in kinds.items() if kind != "dyn"}


def _compiled(
    text: str, plain: Mapping[str, str], kinds: Mapping[str, str], *, number: str
) -> tuple[str, tuple[Diagnostic, ...]]:
    known = {path: number if kind == "number" else kind for path, kind in kinds.items()}
    return _type_and_mistakes(text, tuple(sorted({**plain, **known}.items())))


@lru_cache(maxsize=8192)
def _type_and_mistakes(text: str, variables: tuple[tuple[str, str], ...]) -> tuple[str, tuple[Diagnostic, ...]]:
    """Return the type that an expression gives, without what is inside it, and the mistakes about types.

    Kept, because the same text is looked at while it is written, when it is saved and when it is published.
    """
    try:
        return checking(dict(variables)).compile(without_questions(text)).type_name.partition("<")[0], ()
    except ExpressionError as error:
        return "dyn", error.diagnostics
