"""Did it happen as often as was said? A reliability diagram with its table, and the Brier score."""

from collections.abc import Sequence
from dataclasses import dataclass

from coordination.engine.trust.calibration import MIN_CASES, MIN_OF_EACH, Bin, Calibration
from coordination.web import words
from coordination.web.contexts.parts import Choice
from coordination.web.contexts.risk_tabs import CALIBRATION, tabs

SIDE = 240
_LARGEST = 7.0
PERIODS = {30: "30 days", 90: "90 days", 365: "a year"}


@dataclass(frozen=True, slots=True)
class Dot:
    """One bin in the diagram: what was said, how often it happened, and how sure that is."""

    x: float
    y: float
    low: float
    high: float
    radius: float


@dataclass(frozen=True, slots=True)
class BinRow:
    """One bin in the table."""

    said_between: str
    n: str
    said: str
    happened: str
    interval: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """How well forecasts of one kind fit."""

    title: str
    note: str
    says: str
    happens: str
    dots: list[Dot]
    rows: list[BinRow]
    verdict: str
    tone: str
    brier: str
    brier_note: str
    is_enough: bool
    n: str
    described: str
    side: int = SIDE

    @classmethod
    def of(cls, title: str, note: str, says: str, happens: str, found: Calibration) -> "Diagram":
        """Draw what was measured."""
        verdict, tone = _verdict(found, happens)
        most = max((one.n for one in found.bins), default=1)
        return cls(
            title=title,
            note=note,
            says=says,
            happens=happens,
            dots=[_dot(one, most) for one in found.bins],
            rows=[_row(one) for one in found.bins],
            verdict=verdict,
            tone=tone,
            brier=f"{found.brier:.3f}" if found.is_enough else "—",
            brier_note=_brier(found),
            is_enough=found.is_enough,
            n=words.count(found.n),
            described=f"{title}: {verdict}",
        )


@dataclass(frozen=True, slots=True)
class CalibrationPage:
    """Scores and confidence held against what happened."""

    tabs: list[Choice]
    periods: list[Choice]
    diagrams: list[Diagram]
    agents: list[str]
    agent: str
    days: int

    @classmethod
    def of(
        cls, likelihood: Calibration, confidence: Calibration, agents: Sequence[str], agent: str, days: int
    ) -> "CalibrationPage":
        """Compute the page."""
        asked = f"&agent={agent}" if agent else ""
        whose = f"{agent} says" if agent else "agents say"
        return cls(
            tabs=tabs(CALIBRATION),
            periods=[Choice(title, f"?days={n}{asked}", n == days) for n, title in PERIODS.items()],
            diagrams=[
                Diagram.of(
                    "Likelihood of harm",
                    "what scores take it to be, against actions that went wrong",
                    "Likelihood in the score",
                    "went wrong",
                    likelihood,
                ),
                Diagram.of(
                    "Confidence of agents",
                    f"how sure {whose} they are, against answers that were right",
                    "Stated confidence",
                    "were right",
                    confidence,
                ),
            ],
            agents=list(agents),
            agent=agent,
            days=days,
        )


def _verdict(found: Calibration, happens: str) -> tuple[str, str]:
    if not found.is_enough:
        return (
            f"Insufficient: {words.plural(found.n, 'case')}, {found.n_happened} of which {happens}. "
            f"{MIN_CASES} are needed, {MIN_OF_EACH} of either kind.",
            "idle",
        )
    said, low, high = (f"{value * 100:.0f} %" for value in (found.said, found.happened_low, found.happened_high))
    shares = f"said {said} on average, {found.happened * 100:.0f} % {happens} ({low} to {high})"
    if found.said < found.happened_low:
        return f"Reads too low: {shares}.", "wait"
    if found.said > found.happened_high:
        return f"Reads too high: {shares}.", "wait"
    return f"Fits on the whole: {shares}.", "ok"


def _brier(found: Calibration) -> str:
    if not found.is_enough:
        return "insufficient"
    skill = f"{found.skill:+.2f}" if found.skill is not None else "—"
    return (
        f"{found.brier_low:.3f} to {found.brier_high:.3f} · always saying the base rate: {found.base_brier:.3f} · "
        f"skill {skill} · mean gap {found.gap:.2f}"
    )


def _dot(one: Bin, most: int) -> Dot:
    return Dot(
        x=round(one.said * SIDE, 1),
        y=round((1 - one.happened) * SIDE, 1),
        low=round((1 - one.happened_low) * SIDE, 1),
        high=round((1 - one.happened_high) * SIDE, 1),
        radius=round(2.5 + (_LARGEST - 2.5) * (one.n / most) ** 0.5, 1),
    )


def _row(one: Bin) -> BinRow:
    return BinRow(
        said_between=f"{one.low:.1f} to {one.high:.1f}",
        n=words.count(one.n),
        said=f"{one.said * 100:.0f}%",
        happened=f"{one.happened * 100:.0f}%",
        interval=f"{one.happened_low * 100:.0f}–{one.happened_high * 100:.0f}%",
    )
