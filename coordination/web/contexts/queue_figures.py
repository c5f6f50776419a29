"""How well the queue does: how long people take, how often too long, and how often they see it otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from coordination.approvals.models import Flood
from coordination.approvals.selectors import Figures
from coordination.web import words
from coordination.web.contexts.approval_tabs import FIGURES, tabs
from coordination.web.contexts.parts import Choice, Kpi

PERIODS: Final = (7, 30, 90)
_ADDRESS: Final = "/approvals/figures/"


@dataclass(frozen=True, slots=True)
class FiguresRow:
    """The figures of one risk."""

    title: str
    cells: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FloodRow:
    """An agent that was paused because it asked too much."""

    flood: Flood
    within: str


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """The figures of the queue."""

    tabs: list[Choice]
    periods: list[Choice]
    kpis: list[Kpi]
    heads: list[str]
    rows: list[FiguresRow]
    floods: list[FloodRow]
    here: str

    @classmethod
    def of(
        cls, figures: Mapping[str, Figures], floods: Iterable[Flood], days: int, here: str, now: datetime
    ) -> "FiguresPage":
        """Compute the page."""
        whole = figures[""]
        return cls(
            tabs=tabs(FIGURES),
            periods=[Choice(f"{n} days", f"{_ADDRESS}?days={n}", n == days) for n in PERIODS],
            kpis=_kpis(whole, now),
            heads=[head for head, _ in _cells(whole, now)],
            rows=[FiguresRow(band.capitalize() or "All", _cells(one, now)) for band, one in _ordered(figures)],
            floods=[FloodRow(one, words.duration(one.within_s)) for one in floods],
            here=here,
        )


def _ordered(figures: Mapping[str, Figures]) -> list[tuple[str, Figures]]:
    return [*((band, one) for band, one in figures.items() if band), ("", figures[""])]


def _kpis(whole: Figures, now: datetime) -> list[Kpi]:
    oldest = words.age(whole.oldest_at, now) if whole.oldest_at else "—"
    return [
        Kpi("Waiting", words.count(whole.open), f"the oldest for {oldest}" if whole.oldest_at else "nothing waits"),
        Kpi("Half decided within", _time(whole.median), f"nine in ten within {_time(whole.p90)}"),
        Kpi("Too late", _share(whole.late_share), f"{whole.late} of {whole.settled}"),
        Kpi("Overridden", _share(whole.override_share), f"{whole.overridden} of {whole.decided} refused or sent back"),
        Kpi("Edited first", _share(whole.edit_share), f"{whole.edited} of {whole.decided}"),
    ]


def _cells(one: Figures, now: datetime) -> list[tuple[str, str]]:
    return [
        ("Waiting", words.count(one.open)),
        ("Oldest", words.age(one.oldest_at, now) if one.oldest_at else "—"),
        ("Late now", words.count(one.late_open)),
        ("Decided", words.count(one.decided)),
        ("Half within", _time(one.median)),
        ("Nine in ten", _time(one.p90)),
        ("Too late", _share(one.late_share)),
        ("Overridden", _share(one.override_share)),
        ("Edited", _share(one.edit_share)),
        ("No human", words.count(one.unattended)),
    ]


def _time(span: timedelta | None) -> str:
    return words.duration(span.total_seconds()) if span is not None else "—"


def _share(share: float | None) -> str:
    return f"{share:.0%}" if share is not None else "too few to say"
