"""Rows of runs, and the page that lists them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.engine.flow.state import RunStatus, StepStatus
from coordination.engine.trust.tables import DEFAULT, Bands
from coordination.runs.models import Run, Step
from coordination.web.contexts import status as statuses
from coordination.web.contexts.parts import Pager
from coordination.web.contexts.status import Status

# What a manager filters by, and how the selector calls it.
FILTERS = {
    "": "Every state",
    "open": "Going on",
    RunStatus.WAITING: "Waiting",
    RunStatus.SUCCEEDED: "Done",
    RunStatus.FAILED: "Failed or stopped",
    RunStatus.CANCELLED: "Cancelled",
}
_BAR_TONES = {RunStatus.SUCCEEDED: "ok", RunStatus.FAILED: "bad", RunStatus.CANCELLED: "idle"}
_URGENCY = (StepStatus.WAITING, StepStatus.RUNNING, StepStatus.READY)


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in a table."""

    run: Run
    link: str
    status: Status
    risk: Status | None
    bar_tone: str
    progress: str
    now: str
    part_of: str

    @classmethod
    def of(
        cls, run: Run, steps: Iterable[Step] = (), *, asks_people: bool = True, bands: Bands = DEFAULT.bands
    ) -> "RunRow":
        """Return the row; with its steps it also says what happens right now."""
        return cls(
            run=run,
            link=reverse("run", args=[run.id]),
            status=statuses.of_run(run, asks_people=asks_people),
            risk=statuses.of_risk(run.risk, bands),
            bar_tone=_BAR_TONES.get(RunStatus(run.status), ""),
            progress=f"{run.steps_done} of {run.steps_total} steps done",
            now=_now(run, list(steps)),
            part_of=f"part of another run, step {run.parent_step}" if run.parent_id else "",
        )


@dataclass(frozen=True, slots=True)
class RunsPage:
    """The list of runs with its filters; `with_parts` shows those too that other runs started."""

    rows: list[RunRow]
    here: str
    q: str
    status: str
    workflow: str
    states: list[tuple[str, str]]
    workflows: list[str]
    pager: Pager
    may_start: bool
    with_parts: bool
    is_filtered: bool

    @classmethod
    def of(
        cls,
        runs: Sequence[Run],
        pager: Pager,
        membership: Membership,
        *,
        here: str,
        q: str,
        status: str,
        workflow: str,
        workflows: list[str],
        asking: set[UUID],
        with_parts: bool = False,
        bands: Bands = DEFAULT.bands,
    ) -> "RunsPage":
        """Compute the page for one member."""
        return cls(
            rows=[RunRow.of(run, asks_people=run.pk in asking, bands=bands) for run in runs],
            here=here,
            q=q,
            status=status,
            workflow=workflow,
            states=list(FILTERS.items()),
            workflows=workflows,
            pager=pager,
            may_start=may(membership, Right.RUN_START),
            with_parts=with_parts,
            is_filtered=bool(q or status or workflow),
        )


def _now(run: Run, steps: Sequence[Step]) -> str:
    if statuses.has_ended(run):
        return run.stop_reason
    for status in _URGENCY:
        titles = [step.title or step.key for step in steps if step.status == status]
        if titles:
            return titles[0] if len(titles) == 1 else f"{titles[0]} and {len(titles) - 1} more"
    return ""
