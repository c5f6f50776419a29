"""One manifest as it was written: what it says, and where in the text each of its values stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coordination.engine.manifest import Problem
from coordination.manifests.places import offset_in_source
from coordination.shared.errors import CoordinationError, FieldError


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value and the name in front of it begin, by line and column from 1, and its source by offset."""

    line: int
    column: int
    name_line: int
    name_column: int
    style: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """One manifest as it was written; `text` is the author's own, and begins at a line and a column of the source."""

    value: Any
    text: str
    source: str
    first_line: int
    marks: Mapping[str, Mark]
    first_column: int = 1

    def place(self, problem: Problem) -> FieldError:
        """Return a problem with its line and column in the file."""
        line, column = problem.line, problem.column
        found = self._nearest(problem.pointer)
        if found is not None:
            path, mark = found
            line, column = mark.name_line, mark.name_column
            value = self._value(path) if problem.line is not None and path == problem.pointer else None
            if isinstance(value, str):
                line, column = self._inside(mark, value, problem.line or 1, problem.column or 1)
        return FieldError(problem.pointer, problem.message, problem.suggestion, line, column)

    def placed(self, error: CoordinationError, otherwise: str = "") -> list[FieldError]:
        """Return what an error says, each with its place; one that names none is about what is at `otherwise`."""
        said = error.errors or [FieldError(otherwise, str(error))]
        return [self.place(Problem(one.pointer, one.message, one.suggestion, one.line, one.column)) for one in said]

    def _nearest(self, path: str) -> tuple[str, Mark] | None:
        """Return the mark of a path, or of what it is missing from."""
        while path and path not in self.marks:
            path = path.rpartition("/")[0]
        return (path, self.marks[path]) if path in self.marks else None

    def _value(self, path: str) -> Any:
        """Return what stands at a path that has a mark."""
        value = self.value
        for part in path.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            value = value[int(name)] if isinstance(value, list) else value[name]
        return value

    def _inside(self, mark: Mark, value: str, line: int, column: int) -> tuple[int, int]:
        """Return where a place inside a text value stands in the file."""
        lines = value.split("\n")
        offset = sum(len(one) + 1 for one in lines[: line - 1]) + column - 1
        at = mark.start + offset_in_source(self.text[mark.start : mark.end], mark.style, value, offset)
        before = self.text[:at].splitlines(keepends=True)
        if not before or before[-1] != before[-1].rstrip("\r\n\x85\u2028\u2029"):
            before.append("")
        shift = self.first_column if len(before) == 1 else 1
        return self.first_line + len(before) - 1, len(before[-1]) + shift


def unplaced(value: Any) -> Document:
    """Return a manifest that came as a value: its mistakes have paths, but no lines."""
    return Document(value, "", "", 1, {})
