"""The queue: what waits, for whom, how long, and the question that is open for reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from coordination.approvals.held import standing
from coordination.approvals.models import ApprovalRequest, Band, State
from coordination.approvals.selectors import QueueCounts
from coordination.approvals.together import is_for_many, likeness_of
from coordination.runs.models import Run
from coordination.web import words
from coordination.web.contexts import status as statuses
from coordination.web.contexts.approval import Pane
from coordination.web.contexts.approval_said import Answered
from coordination.web.contexts.approval_tabs import QUEUE, tabs
from coordination.web.contexts.links import run_of
from coordination.web.contexts.parts import Choice, Pager
from coordination.web.contexts.status import Status

SHOWN = {"mine": "Mine", "team": "Team", "decided": "Decided"}
RISKS = {"": "Any risk"} | {band.value: f"{band.label} risk" for band in Band}
STATES = {
    State.PENDING: Status("pending", "wait", "waiting", "Waiting"),
    State.CLAIMED: Status("claimed", "human", "person", "Being looked at"),
    State.INFO_REQUESTED: Status("info_requested", "human", "person", "Asked back"),
    State.APPROVED: Status("approved", "ok", "check", "Approved"),
    State.CONSUMED: Status("consumed", "ok", "done", "Approved and done"),
    State.REJECTED: Status("rejected", "bad", "stopped", "Rejected"),
    State.RETURNED: Status("returned", "human", "retry", "Sent back"),
    State.SUPERSEDED: Status("superseded", "idle", "rerouted", "Replaced"),
    State.EXPIRED: Status("expired", "idle", "waiting", "Nobody decided in time"),
    State.CANCELLED: Status("cancelled", "idle", "close", "Withdrawn"),
    State.INVALIDATED: Status("invalidated", "idle", "close", "No longer valid"),
}
UNATTENDED = Status("unattended", "wait", "waiting", "Let through, no human")
EMPTY = {
    "mine": ("Nothing waits for you", "What agents may not do alone appears here, most urgent first."),
    "team": ("Nothing waits for anyone", "What agents may not do alone appears here, most urgent first."),
    "filtered": ("Nothing fits", "Look for something else, or leave the field empty to see all."),
    "decided": ("Nothing is decided yet", "What people said yes or no to is kept here."),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which list is shown, and what of it; `said` names what was answered a moment ago."""

    show: str
    text: str = ""
    risk: str = ""
    said: str = ""

    @property
    def query(self) -> dict[str, str]:
        """Return it as the parameters of an address."""
        beside = {"q": self.text, "risk": self.risk}
        return {"show": self.show} | {name: value for name, value in beside.items() if value}

    @property
    def is_filtered(self) -> bool:
        """Tell whether the list is narrowed."""
        return bool(self.text or self.risk)


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One question in the list."""

    request: ApprovalRequest
    link: str
    here: bool
    status: Status
    about: str
    is_late: bool
    working: str
    for_many: bool
    # What rows must have in common to be answered together.
    alike: str

    @classmethod
    def of(cls, request: ApprovalRequest, run: Run | None, asked: Asked, here: bool, now: datetime) -> "RequestRow":
        """Return the row; the open ones show their risk, the others what came of them."""
        # How many have approved is kept from whoever is to judge first; a row does not know who that is.
        votes = f"{request.needed} people decide" if request.is_open and request.needed > 1 else ""
        who = f"{request.agent} proposes" if request.agent else ""
        kind = "change of a policy" if request.subject.startswith("policy:") else ""
        return cls(
            request=request,
            link=f"{reverse('approval', args=[request.id])}?{urlencode(asked.query)}",
            here=here,
            status=(of_risk(request) if request.is_open else UNATTENDED if request.is_unattended else None)
            or STATES[State(request.state)],
            about=" · ".join(part for part in (kind, run.workflow_name if run else "", who, votes) if part),
            is_late=request.is_open and request.due_at < now,
            working=_working(request, now),
            for_many=asked.show == "mine" and is_for_many(request),
            alike=" ".join(
                [request.operation, *sorted(f"{policy}/{rule}" for policy, rule in likeness_of(request)[1])]
            ),
        )


@dataclass(frozen=True, slots=True)
class ApprovalsPage:
    """The queue beside the question that is read."""

    rows: list[RequestRow]
    pager: Pager
    asked: Asked
    query: str
    choices: list[Choice]
    risks: list[Choice]
    here: str
    counts: str
    answered: list[Answered]
    load: str
    has_many: bool
    pane: Pane | None
    is_one: bool
    empty: tuple[str, str]
    tabs: list[Choice]

    @classmethod
    def of(
        cls,
        requests: Sequence[ApprovalRequest],
        pager: Pager,
        *,
        asked: Asked,
        here: str,
        counts: QueueCounts,
        median_s: float | None,
        answered: list[Answered],
        load: str,
        runs: Mapping[UUID, Run],
        pane: Pane | None,
        is_one: bool,
        now: datetime,
    ) -> "ApprovalsPage":
        """Compute the page."""
        chosen = pane.request.id if pane else None
        rows = [
            RequestRow.of(one, runs.get(run_of(one.subject) or one.id), asked, one.id == chosen, now)
            for one in requests
        ]
        return cls(
            rows=rows,
            pager=pager,
            asked=asked,
            query=urlencode(asked.query),
            choices=[
                Choice(title, _list(replace(asked, show=name)), name == asked.show) for name, title in SHOWN.items()
            ],
            risks=[Choice(title, name, name == asked.risk) for name, title in RISKS.items()],
            here=here,
            counts=_counts(counts, median_s, now),
            answered=answered,
            load=load,
            has_many=sum(row.for_many for row in rows) > 1,
            pane=pane,
            is_one=is_one,
            empty=EMPTY["filtered" if asked.is_filtered else asked.show],
            tabs=tabs(QUEUE),
        )


def _list(asked: Asked) -> str:
    return f"{reverse('approvals')}?{urlencode(asked.query)}"


def _working(request: ApprovalRequest, now: datetime) -> str:
    """Return who is busy with it, "" where nobody is."""
    held = standing(request, now)
    if held is not None:
        return f"{held.username} has just answered"
    if request.is_claimed(now) and request.is_open:
        return f"{request.claimed_by} is working on it"
    return f"{request.assigned_to} is asked first" if request.assigned_to and request.is_open else ""


def of_risk(request: ApprovalRequest) -> Status | None:
    """Return how much is at risk, as a pill."""
    status = statuses.of_risk(request.risk_score, band=request.risk_band)
    if status is None:
        return None
    return replace(status, word=f"Risk {status.word}", why=f"{request.get_risk_band_display()} risk, of 100")


def _counts(counts: QueueCounts, median_s: float | None, now: datetime) -> str:
    said = [f"{words.count(counts.mine)} waiting for you"]
    if counts.open > counts.mine:
        said.append(f"{words.count(counts.open)} in all")
    if counts.overdue:
        said.append(f"{words.count(counts.overdue)} late")
    if median_s is not None:
        said.append(f"median decision {words.duration(median_s)}")
    if counts.oldest_at is not None:
        said.append(f"oldest {words.age(counts.oldest_at, now)}")
    return " · ".join(said)
