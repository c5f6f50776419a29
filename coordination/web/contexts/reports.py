"""Packs of evidence, as their pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.engine.timetable import periods
from coordination.reports.models import Every, Report, ReportSchedule, ReportStatus, Standing
from coordination.reports.services import Checked
from coordination.web import words
from coordination.web.contexts.parts import Choice, Kpi, Pager, Problem, strip_of
from coordination.web.contexts.status import Status
from coordination.web.forms.manifest import Filled
from coordination.web.forms.schema import Field

STATUSES = {
    ReportStatus.QUEUED: Status("queued", "idle", "waiting", "Queued"),
    ReportStatus.RUNNING: Status("running", "run", "running", "Being made"),
    ReportStatus.READY: Status("ready", "ok", "done", "Ready"),
    ReportStatus.FAILED: Status("failed", "bad", "failed", "Failed"),
}
DISCARDED = Status("discarded", "idle", "close", "Made room for newer ones")
STANDINGS = {
    Standing.IMPLEMENTED: Status("implemented", "ok", "done", "Implemented"),
    Standing.PARTIAL: Status("partial", "wait", "waiting", "Partial"),
    Standing.NOT_IMPLEMENTED: Status("not-implemented", "bad", "close", "Not implemented"),
    Standing.NOT_APPLICABLE: Status("not-applicable", "idle", "idle", "Not applicable"),
}
_BAR = 100.0
_TABS = (
    ("reports", "Packs", "/reports/"),
    ("controls", "Controls", "/reports/controls/"),
    ("check", "Check a pack", "/reports/check/"),
)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a bar: where it begins and how wide it is, of a hundred, and what it stands for."""

    status: Status
    count: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One pack in a list."""

    report: Report
    link: str
    period: str
    status: Status
    shares: list[Share]
    size: str
    pack: str

    @classmethod
    def of(cls, report: Report) -> "ReportRow":
        """Return the row."""
        return cls(
            report=report,
            link=reverse("report", args=[report.pk]),
            period=period_of(report.since, report.until),
            status=status_of(report),
            shares=shares_of(report.summary.get("standings", {})),
            size=megabytes(report.size),
            pack=reverse("report-pack", args=[report.pk]) if report.is_there else "",
        )


@dataclass(frozen=True, slots=True)
class ReportsPage:
    """The list of packs, the form for a new one, and the schedule."""

    rows: list[ReportRow]
    pager: Pager
    fields: Mapping[str, Field]
    problems: list[Problem]
    tabs: list[Choice]
    here: str
    schedule: str
    next_at: datetime | None
    may_edit: bool

    @classmethod
    def of(
        cls,
        reports: Sequence[Report],
        pager: Pager,
        filled: Filled,
        schedule: ReportSchedule,
        membership: Membership,
        here: str,
    ) -> "ReportsPage":
        """Compute the page for one member."""
        return cls(
            rows=[ReportRow.of(report) for report in reports],
            pager=pager,
            fields=filled.fields,
            problems=filled.problems,
            tabs=tabs("reports"),
            here=here,
            schedule=_schedule_said(schedule),
            next_at=_next_of(schedule),
            may_edit=may(membership, Right.REPORT_EDIT),
        )


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One part of the evidence in a pack."""

    title: str
    records: int | None
    proven: int | None


@dataclass(frozen=True, slots=True)
class CheckedView:
    """What came of checking a pack."""

    tone: str
    icon: str
    said: str
    problems: list[str]
    facts: list[tuple[str, str]]

    @classmethod
    def of(cls, checked: Checked) -> "CheckedView":
        """Say it in a sentence."""
        facts = [("Kind", checked.kind), ("Made", checked.made_at), ("SHA-256", checked.sha256)]
        facts += [("Signed by", key) for key in checked.keys]
        known = [(name, value) for name, value in facts if value]
        if checked.problems:
            return cls("bad", "alert", "This pack is not as it was written.", list(checked.problems), known)
        records = words.plural(checked.checked, "record")
        checkpoints = words.plural(checked.checkpoints, "checkpoint")
        said = f"Every file is as it was written, and {records} are proven by {checkpoints}."
        if checked.is_ours:
            return cls("ok", "done", f"{said} This installation's key signed it.", [], known)
        other = "Another key than this installation's signed it: ask its operator whether the key below is theirs."
        return cls("wait", "alert", f"{said} {other}", [], known)


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One pack."""

    report: Report
    period: str
    status: Status
    by: str
    here: str
    percent: int
    kpis: list[Kpi]
    shares: list[Share]
    evidence: list[EvidenceRow]
    checkpoint: str
    facts: list[tuple[str, str]]
    checked: CheckedView | None

    @classmethod
    def of(cls, report: Report, checked: Checked | None = None) -> "ReportPage":
        """Compute the page."""
        summary = report.summary
        facts = [("Key", summary.get("key", "")), ("SHA-256", report.sha256)]
        return cls(
            report=report,
            period=period_of(report.since, report.until),
            status=status_of(report),
            by=report.requested_by.partition(":")[2],
            here=reverse("report", args=[report.pk]),
            percent=round(100 * report.share),
            kpis=_kpis(report) if summary else [],
            shares=shares_of(summary.get("standings", {})),
            evidence=[EvidenceRow(one["title"], one["records"], one["proven"]) for one in summary.get("evidence", [])],
            checkpoint=f"{summary['checkpoint']:,} of {summary['size']:,} records" if summary else "",
            facts=[(name, value) for name, value in facts if value],
            checked=CheckedView.of(checked) if checked else None,
        )


@dataclass(frozen=True, slots=True)
class CheckPage:
    """Where a pack is brought to be checked."""

    tabs: list[Choice]
    problem: str
    name: str
    checked: CheckedView | None

    @classmethod
    def of(cls, name: str = "", checked: Checked | None = None, problem: str = "") -> "CheckPage":
        """Compute the page."""
        return cls(tabs("check"), problem, name, CheckedView.of(checked) if checked else None)


def tabs(here: str) -> list[Choice]:
    """Return the parts of the room."""
    return strip_of(_TABS, here)


def status_of(report: Report) -> Status:
    """Return how a pack's state looks."""
    return DISCARDED if report.discarded_at else STATUSES[ReportStatus(report.status)]


def shares_of(standings: Mapping[str, int]) -> list[Share]:
    """Return the parts of a bar, in the order of the standings."""
    whole, at, found = sum(standings.values()) or 1, 0.0, []
    for standing, status in STANDINGS.items():
        count = standings.get(standing, 0)
        width = count / whole * _BAR
        if count:
            found.append(Share(status, count, round(at, 2), round(max(0.5, width - 0.4), 2)))
        at += width
    return found


def period_of(since: datetime, until: datetime) -> str:
    """Say a period: whole months and quarters by name, others by their first and last day."""
    for length in ("month", "quarter"):
        if since == periods.begin_of(since, length) and until == periods.end_of(since, length):
            return f"{since:%B %Y}" if length == "month" else f"{(since.month + 2) // 3}. quarter {since.year}"
    last = until - timedelta(microseconds=1)
    return f"{since.day} {since:%b %Y} to {last.day} {last:%b %Y}"


def megabytes(size: int | None) -> str:
    """Say how large a file is."""
    if size is None:
        return "—"
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


def _kpis(report: Report) -> list[Kpi]:
    summary = report.summary
    standings = summary["standings"]
    in_place, whole = standings.get(Standing.IMPLEMENTED, 0), sum(standings.values())
    return [
        Kpi("Controls in place", f"{in_place} of {whole}", f"{standings.get(Standing.PARTIAL, 0)} in part"),
        Kpi("Records with proof", words.count(summary["records"]), f"by checkpoint {summary['checkpoint']:,}"),
        Kpi("Known gaps", words.count(summary["gaps"]), "each named in the report"),
        Kpi("Size", megabytes(report.size), words.plural(summary["files"], "file")),
    ]


def _schedule_said(schedule: ReportSchedule) -> str:
    if not schedule.is_active:
        return "No pack is made by itself."
    return f"After each {Every(schedule.every).label.lower()}; the newest {schedule.keep} are kept."


def _next_of(schedule: ReportSchedule) -> datetime | None:
    if not schedule.is_active or schedule.made_until is None:
        return None
    return periods.end_of(schedule.made_until, Every(schedule.every).length)
