"""What a year may cost: how likely it costs more than so much, with a table behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from coordination.engine.draw import spark
from coordination.engine.trust.portfolio import Portfolio, Year
from coordination.risk.models import RegisteredRisk
from coordination.web.contexts.parts import Choice, Kpi
from coordination.web.contexts.risk_tabs import REGISTER, tabs

WIDTH, HEIGHT = 560, 160


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one risk costs in a year."""

    title: str
    link: str
    mean: str
    p90: str
    p95: str
    percent: int


@dataclass(frozen=True, slots=True)
class PortfolioPage:
    """All open risks with ranges together."""

    tabs: list[Choice]
    kpis: list[Kpi]
    rows: list[CostRow]
    line: str
    points: list[tuple[str, str]]
    top: str
    n_years: str
    width: int = WIDTH
    height: int = HEIGHT

    @classmethod
    def of(cls, drawn: Portfolio, risks: Sequence[RegisteredRisk]) -> "PortfolioPage":
        """Draw it."""
        each = sorted(((risk, drawn.each[str(risk.pk)]) for risk in risks), key=lambda one: -one[1].mean)
        line = spark.points([share for _, share in drawn.curve], WIDTH, HEIGHT, 1.0)
        return cls(
            tabs=tabs(REGISTER),
            kpis=_kpis(drawn.total),
            rows=[_row(risk, year, drawn.total) for risk, year in each],
            line=spark.curve(line),
            points=[(dollars(cost), f"{share * 100:.1f}%") for cost, share in drawn.curve[::6]],
            top=dollars(drawn.curve[-1][0]) if drawn.curve else "",
            n_years=f"{drawn.n_years:,}",
        )


def dollars(amount: float) -> str:
    """Say an amount rounded for reading: "$1,200", "$3.4 million"."""
    if amount >= 1_000_000:
        return f"${amount / 1_000_000:,.1f} million"
    return f"${amount:,.0f}" if amount >= 100 else f"${amount:,.2f}"


def _kpis(total: Year) -> list[Kpi]:
    return [
        Kpi("A year costs on average", dollars(total.mean), "annualized loss expectancy"),
        Kpi("Half of all years cost less than", dollars(total.median), "median"),
        Kpi("One year of ten costs more than", dollars(total.p90), "90th percentile"),
        Kpi("One of twenty costs more than", dollars(total.p95), "95th percentile"),
    ]


def _row(risk: RegisteredRisk, year: Year, total: Year) -> CostRow:
    percent = round(100 * year.mean / total.mean) if total.mean else 0
    link = reverse("registered-risk", args=[risk.pk])
    return CostRow(risk.title, link, dollars(year.mean), dollars(year.p90), dollars(year.p95), percent)
