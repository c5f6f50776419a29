"""What is wrong with an expression: what it names, what it reads, and whether its types fit."""

import re
from collections.abc import Iterable, Iterator

from coordination.engine.cel import Diagnostic, ExpressionError, environment
from coordination.engine.flow.checks.knowledge import Knowledge, at_end_of
from coordination.engine.flow.checks.reads import Read, reads
from coordination.engine.flow.checks.shapes import Shape
from coordination.engine.flow.checks.sites import Site
from coordination.engine.flow.checks.wiring import Order
from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.manifest import Problem
from coordination.engine.mistakes import closest

_KINDS = {"index": "int", "round": "int"}
_ELSEWHERE = {
    "item": "item is known only inside a map",
    "index": "index is known only inside a map",
    "round": "round is known only inside a loop",
    **dict.fromkeys(("steps", "run", "context"), "a title is made before the run begins, so it knows only the input"),
}
_TYPES = {
    "string": "text",
    "int": "whole number",
    "uint": "whole number",
    "double": "number",
    "bool": "true or false",
    "null_type": "null",
    "timestamp": "time",
    "dyn": "anything",
}
_SCALAR = "string|u?int|double|bool|null_type|timestamp|dyn"
_TYPE = re.compile(rf"\b(list|map)\([^()]*(?:\([^()]*\)[^()]*)*\)|\b({_SCALAR})\b")
_OPERANDS = re.compile(r"\(.*\)$|^a .* has no fields$")
_WANTED = {
    ("bool",): "a condition is true or false",
    ("list",): "a list is needed here",
    ("string", "duration", "int", "double"): "a duration such as 5m, or a number of seconds, is needed here",
    ("string", "timestamp"): "a time such as 2027-01-31T12:00:00Z is needed here",
}
_UNKNOWN = "unknown name "
_COMPARED = re.compile(r"\s*[!=]=\s*(?:'([^'\\]*)'|\"([^\"\\]*)\")")
# A name that is open to others is taken for a slip only when it is very like a known one.
_ALIKE = 0.75
_LONGEST_QUOTE = 80
_MOST_LISTED = 10


class Expressions:
    """The expressions of one workflow, looked at with everything that is known about it."""

    def __init__(self, spec: WorkflowSpec) -> None:
        self._knowledge = Knowledge(spec)
        self._ids = {step.id for step in spec.steps}
        self._with_hyphen = sorted(step_id for step_id in self._ids if "-" in step_id)
        self._order = Order(spec.steps)

    def problems(self, site: Site) -> list[Problem]:
        """Return everything that is wrong with one expression."""
        hyphens = [*self._hyphens(site)]
        if hyphens:
            return hyphens
        try:
            names = {name: _KINDS.get(name, "dyn") for name in site.scope.names}
            environment(names).compile(site.text)
        except ExpressionError as error:
            unnamed = [_unnamed(site, mistake) for mistake in error.diagnostics]
            return [*unnamed, *self._reads(site)]
        return [*self._reads(site), *self._types(site)]

    def _hyphens(self, site: Site) -> Iterator[Problem]:
        """Yield names of steps that CEL would take for a subtraction."""
        for read in reads(site.text) if self._with_hyphen else ():
            at = read.parts[0].at if read.root == "steps" and read.parts else len(site.text)
            for step_id in self._with_hyphen:
                if site.text.startswith(step_id, at):
                    yield site.problem(f"a name with a hyphen is written in brackets: steps['{step_id}']", read.at)

    def _reads(self, site: Site) -> Iterator[Problem]:
        roots = self._knowledge.roots(site.scope)
        told: set[str] = set()
        for read in reads(site.text):
            if read.root not in roots:
                continue
            about_step = self._step(site, read) if read.root == "steps" else None
            about_field = _field(site, read, roots[read.root]) or _comparison(site, read, roots[read.root])
            for problem in (about_step, about_field):
                if problem is not None and problem.message not in told:
                    told.add(problem.message)
                    yield problem

    def _step(self, site: Site, read: Read) -> Problem | None:
        """Return what is wrong with the use of another step."""
        if not read.parts or not isinstance(read.parts[0].key, str):
            return None
        name, user = read.parts[0].key, site.scope.step
        if name not in self._ids:
            return site.problem(f"there is no step {name}", read.parts[0].at, closest(name, self._ids))
        if user is None or (name == user.id and site.scope.own) or self._order.is_before(name, user.id) is not False:
            return None
        what = "status" if len(read.parts) > 1 and read.parts[1].key == "status" else "output"
        used = f"step {user.id} uses the {what} of {name}"
        if name == user.id:
            return site.problem(f"step {name} uses its own {what}, which is not there before it has run", read.at)
        if self._order.is_before(user.id, name):
            return site.problem(f"{used}, which runs only after it", read.at)
        return site.problem(f"{used}, which may not have run yet: add {name} to its needs", read.at)

    def _types(self, site: Site) -> Iterator[Problem]:
        try:
            gives = self._knowledge.type_of(site.text, site.scope)
        except ExpressionError as error:
            for mistake in error.diagnostics:
                yield _about(site, mistake, f"{_in_words(mistake.message)} in {_quoted(site.text)}")
            return
        if site.wants and gives not in {*site.wants, "dyn"}:
            yield site.problem(f"{_WANTED[site.wants]}; {_quoted(site.text)} gives {_TYPES.get(gives, f'a {gives}')}")


def _unnamed(site: Site, mistake: Diagnostic) -> Problem:
    """Return a mistake that the compiler finds without knowing any types."""
    if mistake.message.startswith(_UNKNOWN):
        name = mistake.message.removeprefix(_UNKNOWN).partition(".")[0]
        known = None if name in _ELSEWHERE else closest(name, site.scope.names)
        return _about(site, mistake, _ELSEWHERE.get(name, f"{_UNKNOWN}{name}"), known)
    return _about(site, mistake, f"{_in_words(mistake.message)} in {_quoted(site.text)}", mistake.suggestion)


def _about(site: Site, mistake: Diagnostic, message: str, suggestion: str | None = None) -> Problem:
    lines = site.text.split("\n")
    offset = sum(len(line) + 1 for line in lines[: mistake.line - 1]) + mistake.column - 1
    return site.problem(message, min(offset, len(site.text)), suggestion)


def _field(site: Site, read: Read, root: Shape) -> Problem | None:
    """Return the first field on a path that is not there, or is very like one that is."""
    shape = root
    for at, part in enumerate(read.parts):
        if isinstance(part.key, str) and part.key not in shape.fields:
            # Whether there is such a step was asked before.
            is_step = read.root == "steps" and at == 0
            return None if is_step else _missing(site, read, at, shape)
        shape = shape.at(part.key)
    return None


def _missing(site: Site, read: Read, at: int, shape: Shape) -> Problem | None:
    part = read.parts[at]
    path = Read(read.root, 0, 0, read.parts[:at], is_asked=False).text
    like = closest(str(part.key), shape.fields, 0.6 if shape.is_closed else _ALIKE)
    if like is not None:
        return site.problem(f"{path} has no field {part.key}", part.at, like)
    if shape.is_closed and not read.is_asked:
        return site.problem(f"{path} has no field {part.key}; it has {_listed(shape.fields)}", part.at)
    return None


def _comparison(site: Site, read: Read, root: Shape) -> Problem | None:
    """Return a comparison with a text that the value never is."""
    shape = at_end_of(read, root)
    compared = _COMPARED.match(site.text, read.end)
    text = (compared[1] if compared[1] is not None else compared[2]) if compared else None
    if not shape.options or text is None or text in shape.options:
        return None
    message = f"{read.text} is never '{text}'; it is one of {_listed(shape.options)}"
    return site.problem(message, read.at, closest(text, shape.options))


def _in_words(message: str) -> str:
    """Return a compiler's message with types as people call them."""
    return _OPERANDS.sub(lambda part: _TYPE.sub(_type_in_words, part[0]), message)


def _type_in_words(found: re.Match[str]) -> str:
    return {"list": "list", "map": "object"}.get(found[1] or "") or _TYPES[found[2]]


def _listed(names: Iterable[str]) -> str:
    known = sorted(names)
    more = f" and {len(known) - _MOST_LISTED} more" if len(known) > _MOST_LISTED else ""
    return ", ".join(known[:_MOST_LISTED]) + more if known else "none"


def _quoted(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST_QUOTE else f"{words[: _LONGEST_QUOTE - 1]}…"
