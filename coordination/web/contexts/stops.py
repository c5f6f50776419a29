"""What stands still and what has: the page of stops, and the pages that ask before one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.runs.models import Stop
from coordination.runs.selectors.oversight import Standing
from coordination.web import words
from coordination.web.contexts.parts import Pager
from coordination.workflows.models import Workflow

_HELD = "Calls under way are given up within a second and done anew when it goes on."


@dataclass(frozen=True, slots=True)
class Still:
    """One thing that stands still."""

    title: str
    link: str
    why: str
    since: datetime | None
    by: str
    release: str
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """A stop that is over, or goes on."""

    what: str
    stop: Stop
    lasted: str


@dataclass(frozen=True, slots=True)
class StopsPage:
    """What stands still now, the switch for everything, and what was stopped before."""

    still: list[Still]
    is_halted: bool
    past: list[Past]
    pager: Pager
    here: str
    may_stop: bool

    @classmethod
    def of(
        cls, standing: Standing, stops: Sequence[Stop], pager: Pager, membership: Membership, here: str
    ) -> "StopsPage":
        """Compute the page for one member."""
        return cls(
            still=_still(standing),
            is_halted=standing.halted_at is not None,
            past=[_past(stop) for stop in stops],
            pager=pager,
            here=here,
            may_stop=may(membership, Right.STOP),
        )


@dataclass(frozen=True, slots=True)
class BrakePage:
    """The question before something is stopped, or goes on."""

    title: str
    explanation: str
    is_stopping: bool
    runs: str
    reason: str
    problem: str
    back: str
    asks_runs: bool

    @classmethod
    def everything(cls, is_stopping: bool, runs: str, reason: str, problem: str) -> "BrakePage":
        """Ask before everything stops or goes on."""
        said = (
            f"No run starts or goes on, no agent is called, and no action leaves. {_HELD}"
            if is_stopping
            else "Runs go on from where they stood still, and new ones may start."
        )
        title = "Stop everything" if is_stopping else "Let everything go on"
        return cls(title, said, is_stopping, runs, reason, problem, reverse("stops"), is_stopping)

    @classmethod
    def workflow(cls, workflow: Workflow, is_stopping: bool, runs: str, reason: str, problem: str) -> "BrakePage":
        """Ask before a workflow stops or goes on."""
        name = workflow.title or workflow.name
        said = (
            "No run of it starts. Those that go on, and the runs within them, are paused or cancelled."
            if is_stopping
            else "New runs may start, and those that were paused for the stop go on; those that people paused do not."
        )
        title = f"Stop {name}" if is_stopping else f"Let {name} go on"
        back = reverse("workflow", args=[workflow.name])
        return cls(title, said, is_stopping, runs, reason, problem, back, is_stopping)


def _still(standing: Standing) -> list[Still]:
    found = []
    if standing.halted_at is not None:
        stop = standing.everything
        found.append(
            Still("Everything", "", stop.reason if stop else "", standing.halted_at, stop.stopped_by if stop else "",
                  reverse("brake", args=["resume"]), is_bad=True)
        )  # fmt: skip
    for workflow in standing.workflows:
        stop = standing.reasons.get(workflow.name)
        link = reverse("workflow", args=[workflow.name])
        found.append(
            Still(f"Workflow {workflow.title or workflow.name}", link, stop.reason if stop else "",
                  workflow.stopped_at, stop.stopped_by if stop else "",
                  reverse("brake-workflow", args=[workflow.name, "resume"]))
        )  # fmt: skip
    for agent in standing.agents:
        link = reverse("agent", args=[agent.name])
        found.append(
            Still(f"Agent {agent.title or agent.name}", link, agent.status_reason, None, "",
                  reverse("turn-agent", args=[agent.name, "resume"]))
        )  # fmt: skip
    return found


def _past(stop: Stop) -> Past:
    what = f"Workflow {stop.workflow}" if stop.workflow else "Everything"
    lasted = words.duration((stop.ended_at - stop.stopped_at).total_seconds()) if stop.ended_at else "still"
    return Past(what, stop, lasted)
