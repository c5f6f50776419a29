"""How far a chain is, what a revision changed, and what became of questions like this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from coordination.approvals.chain import open_stages
from coordination.approvals.models import ApprovalRequest, ApprovalRevision, State
from coordination.approvals.question import Stage
from coordination.approvals.selectors.authority import in_words
from coordination.approvals.selectors.queue import decided
from coordination.shared.json import Json, JsonObject

_WENT = {
    State.APPROVED: "approved",
    State.CONSUMED: "approved",
    State.REJECTED: "rejected",
    State.RETURNED: "returned",
    State.EXPIRED: "expired",
}
_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class StageProgress:
    """One stage of a chain, who is asked, and how far it is."""

    no: int
    state: Literal["done", "open", "to come"]
    asked: str
    kept: JsonObject
    votes: int
    needed: int


@dataclass(frozen=True, slots=True)
class Changed:
    """One value that an edit changed; None where it was not there."""

    name: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class Similar:
    """What became of questions about the same operation: how many went how, how many were edited, the latest few."""

    n: int
    approved: int
    rejected: int
    returned: int
    expired: int
    edited: int
    latest: Sequence[ApprovalRequest]


def progress_of(request: ApprovalRequest) -> list[StageProgress]:
    """Return every stage of a request's chain in order; an open one as it is now, if it was handed up."""
    opened = {one.no: one.stage for one in open_stages(request)}
    first = min(opened)
    votes = [vote.stage_no for vote in request.standing_votes()]
    found = []
    for no, kept in enumerate(request.chain or [request.stage]):
        stage = opened.get(no) or Stage.of(kept)
        n = votes.count(no)
        is_done = n >= stage.n_required or (no not in opened and no < first)
        is_open = no in opened and request.is_open
        state: Literal["done", "open", "to come"] = "done" if is_done else "open" if is_open else "to come"
        found.append(StageProgress(no, state, in_words(stage), stage.as_json(), n, stage.n_required))
    return found


def changes_between(before: ApprovalRevision, after: ApprovalRevision) -> list[Changed]:
    """Return what an edit changed, value by value, in the order of the names."""
    return changed(before.parameters, after.parameters)


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[Changed]:
    """Return the values that differ between two sets of parameters."""
    names = sorted({*before, *after})
    return [Changed(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def similar_to(request: ApprovalRequest, shown: int = 5) -> Similar:
    """Return what became of the latest questions about the same operation, exercises left out."""
    alike = decided(request.organization).filter(
        operation=request.operation, is_synthetic=False, is_unattended=False, state__in=_WENT
    )
    alike = alike.exclude(pk=request.pk)
    found = list(alike.values_list("state", "revision")[:_LOOKED_AT])
    went = [_WENT[State(state)] for state, _ in found]
    return Similar(
        n=len(found),
        approved=went.count("approved"),
        rejected=went.count("rejected"),
        returned=went.count("returned"),
        expired=went.count("expired"),
        edited=sum(revision > 1 for _, revision in found),
        latest=list(alike[:shown]),
    )
