"""What is at stake: how actions were scored and what came of them, and how reliable agents are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.engine.trust.risk import Band
from coordination.engine.trust.tables import Tables
from coordination.risk.models import AgentRecord, TablesVersion
from coordination.risk.selectors import BandOutcomes, known_of
from coordination.runs.models import Run
from coordination.web import words
from coordination.web.contexts.parts import Choice, Kpi
from coordination.web.contexts.risk_picture import Zone, zones
from coordination.web.contexts.risk_tabs import RISK, tabs
from coordination.web.contexts.runs import RunRow

# Fewer outcomes say nothing that a share could be read from.
MIN_SHOWN = 20
_TONES: dict[Band, str] = {"critical": "bad", "high": "bad", "medium": "wait", "low": "ok"}


@dataclass(frozen=True, slots=True)
class Span:
    """A share with its interval, in percent from left to right; as words too."""

    low: float
    high: float
    at: float
    said: str
    interval: str

    @classmethod
    def of(cls, share: float, interval: tuple[float, float]) -> "Span":
        """Return how it is drawn."""
        low, high = interval
        return cls(
            low=round(low * 100, 1),
            high=round(high * 100, 1),
            at=round(share * 100, 1),
            said=f"{share * 100:.0f}%",
            interval=f"{low * 100:.0f}–{high * 100:.0f}%",
        )

    @property
    def width(self) -> float:
        """Return how wide the interval is."""
        return round(self.high - self.low, 1)


@dataclass(frozen=True, slots=True)
class BandRow:
    """How many acts of a band went wrong."""

    title: str
    tone: str
    n: str
    n_wrong: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class RecordRow:
    """How often an agent was right."""

    agent: str
    link: str
    version: int
    n: str
    span: Span
    lower: str
    note: str

    @classmethod
    def of(cls, row: AgentRecord) -> "RecordRow":
        """Return the row."""
        known = known_of(row)
        return cls(
            agent=row.agent,
            link=reverse("agent", args=[row.agent]),
            version=row.version,
            n=words.count(row.n),
            span=Span.of(known.record.mean, known.record.interval),
            lower=f"{known.record.lower * 100:.0f}%",
            note="" if row.n >= MIN_SHOWN else "too few to rely on",
        )


@dataclass(frozen=True, slots=True)
class Weight:
    """One weight of the likelihood."""

    title: str
    percent: int


@dataclass(frozen=True, slots=True)
class RiskPage:
    """The first page about risk."""

    tabs: list[Choice]
    here: str
    kpis: list[Kpi]
    bands: list[BandRow]
    records: list[RecordRow]
    runs: list[RunRow]
    zones: list[Zone]
    scale: str
    weights: list[Weight]
    version: TablesVersion | None
    may_edit: bool
    days: int

    @classmethod
    def of(
        cls,
        membership: Membership,
        found: Sequence[BandOutcomes],
        records: Iterable[AgentRecord],
        open_runs: Iterable[Run],
        tables: Tables,
        version: TablesVersion | None,
        *,
        n_risks: int,
        n_overdue: int,
        days: int,
        here: str,
    ) -> "RiskPage":
        """Compute the page for one member."""
        bands = tables.bands
        return cls(
            tabs=tabs(RISK),
            here=here,
            kpis=_kpis(found, n_risks, n_overdue),
            bands=[_band(one) for one in found],
            records=[RecordRow.of(row) for row in records],
            runs=[RunRow.of(run, bands=bands) for run in open_runs],
            zones=zones(bands),
            scale=f"low · medium from {bands.medium} · high from {bands.high} · critical from {bands.critical}",
            weights=[Weight(_WEIGHTS[name], round(share * 100)) for name, share in tables.weights],
            version=version,
            may_edit=may(membership, Right.RISK_EDIT),
            days=days,
        )


_WEIGHTS = {
    "reliability": "Track record",
    "novelty": "New",
    "confidence": "Doubt",
    "anomaly": "Unusual amount",
    "tainted": "Untrusted source",
}


def _kpis(found: Sequence[BandOutcomes], n_risks: int, n_overdue: int) -> list[Kpi]:
    n, n_wrong = sum(one.n for one in found), sum(one.n_wrong for one in found)
    grave = sum(one.n for one in found if one.band in ("high", "critical"))
    whole = BandOutcomes("low", n, n_wrong)
    span = Span.of(n_wrong / n, whole.interval) if n else None
    enough = span is not None and n >= MIN_SHOWN
    register = reverse("risk-register")
    return [
        Kpi("Actions with an outcome", words.count(n), f"{words.count(grave)} high or critical"),
        Kpi(
            "Went wrong",
            span.said if span and enough else "—",
            f"{span.interval} with 95 % confidence" if span and enough else f"too few to say: {n} of {MIN_SHOWN}",
        ),
        Kpi("In the register", words.count(n_risks), "open risks", link=register),
        Kpi(
            "Overdue for review",
            words.count(n_overdue),
            "look at them again" if n_overdue else "all looked at in time",
            value_tone="bad" if n_overdue else "",
            note_tone="" if n_overdue else "ok",
            link=f"{register}?show=overdue",
        ),
    ]


def _band(one: BandOutcomes) -> BandRow:
    span = Span.of(one.share, one.interval) if one.share is not None else None
    return BandRow(one.band.capitalize(), _TONES[one.band], words.count(one.n), words.count(one.n_wrong), span)
