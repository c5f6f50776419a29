"""The overview: what runs, what waits, what needs a person's eye."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.agents.models import Agent
from coordination.approvals.models import ApprovalRequest
from coordination.audit.selectors import Alarm
from coordination.bias.models import BiasMonitor, MonitorState
from coordination.engine.draw import spark
from coordination.engine.trust.tables import DEFAULT, Bands
from coordination.runs.models import Run, Step
from coordination.runs.selectors import Overview
from coordination.shared.clock import now
from coordination.web import words
from coordination.web.contexts import bias
from coordination.web.contexts import status as statuses
from coordination.web.contexts.parts import Choice, Kpi
from coordination.web.contexts.runs import RunRow
from coordination.web.contexts.status import Status

PERIODS = {1: "1 h", 24: "24 h", 168: "7 d"}
PERIOD_WORDS = {1: "last hour", 24: "last 24 hours", 168: "last 7 days"}
CHART_WIDTH, CHART_HEIGHT = 760, 180
MOST_ATTENTION = 5


@dataclass(frozen=True, slots=True)
class Series:
    """One line of the chart."""

    name: str
    tone: str
    line: str
    area: str
    total: str


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One slice of time in the table behind the chart."""

    at: datetime
    finished: int
    helped: int
    failed: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Runs through the period; `top` is what the scale ends at, labels stand in HTML around the picture."""

    series: list[Series]
    rows: list[ChartRow]
    top: int
    half: str
    starts: str
    middle: str
    is_empty: bool
    width: int = CHART_WIDTH
    height: int = CHART_HEIGHT

    @classmethod
    def of(cls, overview: Overview) -> "Chart":
        """Draw the series of the period."""
        points = overview.points
        top = int(spark.ceiling(max((p.finished + p.failed for p in points), default=0)))
        lines = (
            ("Finished", "run", [p.finished for p in points]),
            ("With a person’s help", "human", [p.helped for p in points]),
            ("Failed", "bad", [p.failed for p in points]),
        )
        return cls(
            series=[_series(name, tone, values, top) for name, tone, values in lines],
            rows=[
                ChartRow(p.at, p.finished, p.helped, p.failed)
                for p in reversed(points)
                if p.finished or p.helped or p.failed
            ],
            top=top,
            half=f"{top / 2:g}",
            starts=f"{PERIODS[overview.hours]} ago",
            middle=f"{words.duration(overview.hours * words.HOUR_S / 2)} ago",
            is_empty=not any(p.finished or p.helped or p.failed for p in points),
        )


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that someone should look at."""

    status: Status
    text: str
    link: str
    since: datetime


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """Everything the overview shows."""

    here: str
    period: str
    periods: list[Choice]
    may_start: bool
    kpis: list[Kpi]
    chart: Chart
    attention: list[Attention]
    rows: list[RunRow]

    @classmethod
    def of(
        cls,
        overview: Overview,
        live: Iterable[tuple[Run, Sequence[Step]]],
        membership: Membership,
        *,
        asking: set[UUID],
        failed: Iterable[Run],
        requests: Iterable[ApprovalRequest],
        suspended: Iterable[Agent],
        biased: Iterable[BiasMonitor] = (),
        bands: Bands = DEFAULT.bands,
        alarms: Iterable[Alarm] = (),
    ) -> "OverviewPage":
        """Compute the page for one member."""
        return cls(
            here=f"{reverse('overview')}?hours={overview.hours}",
            period=PERIOD_WORDS[overview.hours],
            periods=[Choice(title, f"?hours={hours}", hours == overview.hours) for hours, title in PERIODS.items()],
            may_start=may(membership, Right.RUN_START),
            kpis=_kpis(overview),
            chart=Chart.of(overview),
            attention=[*_alarming(alarms), *_attention(failed, requests, suspended, biased)][:MOST_ATTENTION],
            rows=[RunRow.of(run, steps, asks_people=run.pk in asking, bands=bands) for run, steps in live],
        )


def _series(name: str, tone: str, values: list[int], top: int) -> Series:
    line = spark.points(values, CHART_WIDTH, CHART_HEIGHT, top)
    area = spark.area(line, CHART_HEIGHT) if tone == "run" else ""
    return Series(name, tone, spark.curve(line), area, words.count(sum(values)))


def _kpis(overview: Overview) -> list[Kpi]:
    runs = reverse("runs")
    return [
        Kpi(
            "Running now",
            words.count(overview.running),
            f"{overview.agents_busy} of {words.plural(overview.agents_active, 'agent')} busy",
            link=f"{runs}?status=open",
        ),
        Kpi(
            "Finished",
            words.count(overview.finished),
            f"{words.percent(overview.without_help)} without help" if overview.without_help is not None else "none yet",
            note_tone="ok" if overview.without_help is not None else "",
            link=f"{runs}?status=succeeded",
        ),
        Kpi(
            "Waiting for a person",
            words.count(overview.waiting),
            _wait(overview.median_wait_s),
            value_tone="wait" if overview.waiting else "",
            link=f"{runs}?status=waiting",
        ),
        Kpi("Stopped by policy", words.count(overview.stopped_by_policy), *_compared(overview)),
        Kpi(
            "Spend",
            words.money(overview.spend_microusd),
            _each(overview),
            exact=words.exact_money(overview.spend_microusd),
        ),
    ]


def _wait(median_s: float | None) -> str:
    return f"median wait {words.duration(median_s)}" if median_s is not None else "no decision yet"


def _compared(overview: Overview) -> tuple[str, str, str]:
    """Return the note, no tone for the value, and the note's tone: more stops than before are worth a look."""
    more = overview.stopped_by_policy - overview.stopped_before
    if not more:
        return "as before", "", ""
    return (f"{more:+,} against the period before", "", "bad" if more > 0 else "ok")


def _each(overview: Overview) -> str:
    ended = overview.finished + overview.failed
    return f"{words.money(overview.spend_microusd // ended)} a run" if ended else "no run ended yet"


def _attention(
    failed: Iterable[Run],
    requests: Iterable[ApprovalRequest],
    suspended: Iterable[Agent],
    biased: Iterable[BiasMonitor],
) -> list[Attention]:
    found = [
        *(
            Attention(statuses.of_run(run), _why_failed(run), reverse("run", args=[run.id]), _ended(run))
            for run in failed
        ),
        *(
            Attention(
                Status("ask", "wait", "person", "Waits for a person"),
                request.title,
                _run_of(request),
                request.created_at,
            )
            for request in requests
        ),
        *(
            Attention(
                Status("suspended", "idle", "paused", "Agent suspended"),
                agent.title or agent.name,
                f"/agents/{agent.name}/",
                agent.updated_at,
            )
            for agent in suspended
        ),
        *(
            Attention(
                bias.STATES[MonitorState(monitor.state)],
                f"{monitor.title or monitor.name}: a group is decided about less favourably",
                reverse("bias-monitor", args=[monitor.name]),
                monitor.state_at or monitor.updated_at,
            )
            for monitor in biased
        ),
    ]
    return sorted(found, key=lambda item: item.since, reverse=True)[:MOST_ATTENTION]


def _alarming(alarms: Iterable[Alarm]) -> list[Attention]:
    """Return what is wrong with the audit log, before anything else: what the rest rests on."""
    status = Status("alarm", "bad", "alert", "Audit log")
    link = reverse("audit-anchors")
    return [Attention(status, alarm.title, link, alarm.since or now()) for alarm in alarms if alarm.is_grave]


def _why_failed(run: Run) -> str:
    return f"{run.title}: {run.stop_reason}" if run.stop_reason else run.title


def _ended(run: Run) -> datetime:
    return run.finished_at or run.updated_at


def _run_of(request: ApprovalRequest) -> str:
    return f"/approvals/{request.id}/"
