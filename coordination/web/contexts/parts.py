"""Small pieces that several pages show."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure with its name and what to make of it."""

    title: str
    value: str
    note: str = ""
    value_tone: str = ""
    note_tone: str = ""
    exact: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several links of which one is where you are: a tab, a chip."""

    title: str
    link: str
    here: bool = False
    count: int | None = None


def strip_of(tabs: Iterable[tuple[str, str, str]], here: str) -> list[Choice]:
    """Return a room's tabs, for components/tabs.html, from name, title and address; `here` names the open one."""
    return [Choice(title, link, name == here) for name, title, link in tabs]


@dataclass(frozen=True, slots=True)
class Reason:
    """One bead of a why-list; the one that counted is a hit.

    `name` is the policy's, where there is one; `link` leads to whatever else the head names.
    """

    text: str
    head: str = ""
    code: str = ""
    note: str = ""
    hit: bool = False
    quiet: bool = False
    tone: str = "wait"
    name: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of an error summary, with a link to the field it is about."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Pager:
    """Links to the pages around this one; empty where there is none."""

    previous: str = ""
    next: str = ""
    back: str = "Newer"
    on: str = "Older"
