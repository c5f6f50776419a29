"""The register of risks: the list with its matrix, one risk, and its form."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.audit.models import AuditEvent
from coordination.engine.trust.risk import Band
from coordination.risk.manifest import RiskSpec
from coordination.risk.models import RegisteredRisk, RiskState
from coordination.risk.models.register import grade
from coordination.web import words
from coordination.web.contexts.parts import Choice, Pager, Problem
from coordination.web.contexts.risk_tabs import REGISTER, tabs
from coordination.web.contexts.status import Status
from coordination.web.forms.schema import Field

SHOWN = {"open": "Open", "overdue": "Overdue", "closed": "Closed"}
SIDE, _CELL = 200, 40
_TONES: dict[Band, tuple[str, str]] = {
    "critical": ("bad", "alert"),
    "high": ("bad", "alert"),
    "medium": ("wait", "alert"),
    "low": ("ok", "check"),
}
CLOSED = Status("closed", "idle", "close", "Closed")
_KINDS = {"agent": "agent", "workflow": "workflow"}
_TREATMENTS = {"mitigate": "mitigated", "accept": "accepted", "avoid": "avoided", "transfer": "transferred"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix of likelihood and impact."""

    x: int
    y: int
    tone: str
    n: str
    text_x: int
    text_y: int
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One risk in the list."""

    risk: RegisteredRisk
    link: str
    about: str
    about_link: str
    left: Status
    due: str
    is_overdue: bool

    @classmethod
    def of(cls, risk: RegisteredRisk, today: date) -> "RiskRow":
        """Return the row."""
        kind = _KINDS.get(risk.about_kind)
        return cls(
            risk=risk,
            link=reverse("registered-risk", args=[risk.pk]),
            about=f"{risk.about_kind} {risk.about_name}" if risk.about_name else "the whole organization",
            about_link=reverse(kind, args=[risk.about_name]) if kind else "",
            left=left(risk),
            due=day(risk.review_on),
            is_overdue=risk.is_overdue(today),
        )


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """The register."""

    tabs: list[Choice]
    chips: list[Choice]
    here: str
    rows: list[RiskRow]
    pager: Pager
    matrix: list[Cell]
    counted: list[tuple[str, int]]
    may_edit: bool
    has_ranges: bool
    side: int = SIDE

    @classmethod
    def of(
        cls,
        rows: Sequence[RegisteredRisk],
        pager: Pager,
        every_open: Iterable[RegisteredRisk],
        membership: Membership,
        *,
        show: str,
        today: date,
        here: str,
    ) -> "RegisterPage":
        """Compute the page for one member; the matrix shows every open risk as it is left."""
        kept = list(every_open)
        places = Counter((one.spec["residual_likelihood"], one.spec["residual_impact"]) for one in kept)
        bands = Counter(grade(one.residual) for one in kept)
        return cls(
            tabs=tabs(REGISTER),
            chips=[Choice(title, f"?show={name}", name == show) for name, title in SHOWN.items()],
            here=here,
            rows=[RiskRow.of(row, today) for row in rows],
            pager=pager,
            matrix=matrix(places),
            counted=[(band, bands[band]) for band in ("critical", "high", "medium", "low")],
            may_edit=may(membership, Right.RISK_EDIT),
            has_ranges=any(one.spec.get("frequency") for one in kept),
        )


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that was done about a risk."""

    event: AuditEvent
    what: str
    note: str


@dataclass(frozen=True, slots=True)
class RiskDetailPage:
    """One risk."""

    tabs: list[Choice]
    row: RiskRow
    said: RiskSpec
    before: Status
    matrix: list[Cell]
    described: str
    treated: str
    history: list[Happened]
    fields: Mapping[str, Field]
    problems: list[Problem]
    may_edit: bool
    is_open: bool
    side: int = SIDE

    @classmethod
    def of(
        cls,
        risk: RegisteredRisk,
        events: Iterable[AuditEvent],
        membership: Membership,
        fields: Mapping[str, Field],
        problems: list[Problem],
        today: date,
    ) -> "RiskDetailPage":
        """Compute the page for one member."""
        said = risk.said
        here = (said.residual_likelihood, said.residual_impact)
        was = said.likelihood * said.impact
        return cls(
            tabs=tabs(REGISTER),
            row=RiskRow.of(risk, today),
            said=said,
            before=_graded(was),
            matrix=matrix({}, here, (said.likelihood, said.impact)),
            described=f"Without mitigation {was} of 25, {grade(was)}; what is left {risk.residual} of 25, "
            f"{grade(risk.residual)}.",
            treated=_TREATMENTS[said.treatment],
            history=[Happened(event, words.event(event.kind), _note(event)) for event in events],
            fields=fields,
            problems=problems,
            may_edit=may(membership, Right.RISK_EDIT),
            is_open=risk.state == RiskState.OPEN,
        )


@dataclass(frozen=True, slots=True)
class RiskFormPage:
    """The form of a risk."""

    fields: Mapping[str, Field]
    problems: list[Problem]
    title: str
    back: str

    @property
    def ranges(self) -> list[tuple[str, list[Field]]]:
        """Return the fields of the ranges under their headings."""
        headings = {"frequency": "How often in a year", "magnitude": "What one time costs, in dollars"}
        return [
            (title, [field for name, field in self.fields.items() if name.startswith(f"{part}.")])
            for part, title in headings.items()
        ]


def left(risk: RegisteredRisk) -> Status:
    """Return what is left of a risk, as a pill."""
    return _graded(risk.residual)


def day(moment: date) -> str:
    """Say a day: "3 Mar 2026"."""
    return f"{moment.day} {moment:%b %Y}"


def matrix(
    counts: Mapping[tuple[int, int], int], here: tuple[int, int] | None = None, before: tuple[int, int] | None = None
) -> list[Cell]:
    """Return the cells, likelihood upwards and impact to the right, each with how many risks lie in it."""
    cells = []
    for likelihood in range(5, 0, -1):
        for impact in range(1, 6):
            place = (likelihood, impact)
            x, y = (impact - 1) * _CELL, (5 - likelihood) * _CELL
            n = counts.get(place, 0)
            mark = "left" if place == here else "was" if place == before else str(n) if n else ""
            tone = _TONES[grade(likelihood * impact)][0]
            cells.append(Cell(x, y, tone, mark, x + _CELL // 2, y + _CELL // 2 + 4, place == here))
    # What is drawn last lies on top: its edge must not be cut off.
    return sorted(cells, key=lambda cell: cell.is_here)


def _graded(degree: int) -> Status:
    band = grade(degree)
    tone, icon = _TONES[band]
    return Status(band, tone, icon, f"{band.capitalize()} {degree}", why=f"{degree} of 25")


def _note(event: AuditEvent) -> str:
    data = event.data
    if event.kind == "RiskReviewed":
        return f"{data.get('note') or ''} Next on {data.get('next_on')}.".strip()
    if event.kind == "RiskChanged":
        return f"changed: {', '.join(name.replace('_', ' ') for name in data.get('changed', {})) or 'nothing'}"
    return str(data.get("reason") or "")
