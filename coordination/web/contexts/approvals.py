"""The queue: what waits, for whom, how long, and the question that is open for reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from coordination.approvals.models import ApprovalRequest, State
from coordination.approvals.selectors import QueueCounts
from coordination.runs.models import Run
from coordination.web import words
from coordination.web.contexts import status as statuses
from coordination.web.contexts.approval import Pane
from coordination.web.contexts.links import run_of
from coordination.web.contexts.parts import Choice, Pager
from coordination.web.contexts.status import Status

SHOWN = {"mine": "Mine", "team": "Team", "decided": "Decided"}
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
EMPTY = {
    "mine": ("Nothing waits for you", "What agents may not do alone appears here, most urgent first."),
    "team": ("Nothing waits for anyone", "What agents may not do alone appears here, most urgent first."),
    "decided": ("Nothing is decided yet", "What people said yes or no to is kept here."),
}


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One question in the list."""

    request: ApprovalRequest
    link: str
    here: bool
    status: Status
    about: str
    is_late: bool

    @classmethod
    def of(cls, request: ApprovalRequest, run: Run | None, show: str, here: bool, now: datetime) -> "RequestRow":
        """Return the row; the open ones show their risk, the others what came of them."""
        votes = f"{len(request.voters)} of {request.needed} approved" if request.is_open and request.needed > 1 else ""
        who = f"{request.agent} proposes" if request.agent else ""
        kind = "change of a policy" if request.subject.startswith("policy:") else ""
        return cls(
            request=request,
            link=f"{reverse('approval', args=[request.id])}?{urlencode({'show': show})}",
            here=here,
            status=(of_risk(request) if request.is_open else None) or STATES[State(request.state)],
            about=" · ".join(part for part in (kind, run.workflow_name if run else "", who, votes) if part),
            is_late=request.is_open and request.due_at < now,
        )


@dataclass(frozen=True, slots=True)
class ApprovalsPage:
    """The queue beside the question that is read."""

    rows: list[RequestRow]
    pager: Pager
    show: str
    choices: list[Choice]
    here: str
    counts: str
    pane: Pane | None
    is_one: bool
    empty: tuple[str, str]

    @classmethod
    def of(
        cls,
        requests: Sequence[ApprovalRequest],
        pager: Pager,
        *,
        show: str,
        here: str,
        counts: QueueCounts,
        median_s: float | None,
        runs: Mapping[UUID, Run],
        pane: Pane | None,
        is_one: bool,
        now: datetime,
    ) -> "ApprovalsPage":
        """Compute the page."""
        chosen = pane.request.id if pane else None
        return cls(
            rows=[
                RequestRow.of(one, runs.get(run_of(one.subject) or one.id), show, one.id == chosen, now)
                for one in requests
            ],
            pager=pager,
            show=show,
            choices=[
                Choice(title, f"{reverse('approvals')}?{urlencode({'show': name})}", name == show)
                for name, title in SHOWN.items()
            ],
            here=here,
            counts=_counts(counts, median_s, now),
            pane=pane,
            is_one=is_one,
            empty=EMPTY[show],
        )


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
