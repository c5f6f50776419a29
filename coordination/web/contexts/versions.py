"""The versions of a named thing, each with what it changed."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from coordination.accounts.named import Version
from coordination.web.contexts.status import Status
from coordination.web.templatetags.ui import readable

# How many versions a page shows, newest first.
SHOWN = 10
V = TypeVar("V", bound=Version)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison: ins, del, same, or a gap between two places."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Act:
    """Something that may be done with a version: a button that posts its number."""

    title: str
    address: str
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class VersionView(Generic[V]):
    """One version."""

    version: V
    status: Status | None
    changes: list[Line]
    added: int
    removed: int
    acts: list[Act]
    link: str


def views_of(
    versions: Sequence[V],
    status: Callable[[V], Status | None] = lambda _: None,
    acts: Callable[[V], list[Act]] = lambda _: [],
    link: Callable[[V], str] = lambda _: "",
    text: Callable[[V], str] = lambda version: readable(version.spec),
) -> list[VersionView[V]]:
    """Return versions, newest first, each compared with the one before; the last one given is only compared with."""
    shown = []
    for at, version in enumerate(versions[:SHOWN]):
        before = versions[at + 1] if at + 1 < len(versions) else None
        changes = compare(text(before) if before else "", text(version)) if before else []
        shown.append(
            VersionView(
                version=version,
                status=status(version),
                changes=changes,
                added=sum(line.kind == "ins" for line in changes),
                removed=sum(line.kind == "del" for line in changes),
                acts=acts(version),
                link=link(version),
            )
        )
    return shown


def compare(before: str, after: str) -> list[Line]:
    """Return what changed between two texts, with a few lines around it."""
    kinds = {"+": "ins", "-": "del", " ": "same"}
    lines: list[Line] = []
    difference: Any = difflib.unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm="")
    for row in list(difference)[2:]:
        if row.startswith("@@"):
            lines += [Line("gap", "⋯")] if lines else []
        else:
            lines.append(Line(kinds[row[0]], row[1:]))
    return lines
