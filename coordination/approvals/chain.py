"""Which stages of a chain are open, and what opens when one of them is satisfied."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coordination.approvals.models import ApprovalRequest
from coordination.approvals.question import Stage, chain_json
from coordination.engine.proof.canonical import digest_of
from coordination.shared.json import JsonObject


@dataclass(frozen=True, slots=True)
class OpenStage:
    """A stage that people may decide now, and whom it was handed to beside those it asks."""

    no: int
    stage: Stage
    delegates: tuple[int, ...] = ()

    def as_json(self) -> JsonObject:
        """Return it as a request keeps what is open beside its first stage."""
        return {"no": self.no, "delegates": list(self.delegates), **self.stage.as_json()}


def open_stages(request: ApprovalRequest) -> list[OpenStage]:
    """Return what is open now, in the order of the chain."""
    beside = [OpenStage(one["no"], Stage.of(one), tuple(one["delegates"])) for one in request.also_open]
    return [OpenStage(request.stage_no, Stage.of(request.stage), tuple(request.delegates)), *beside]


def set_open(request: ApprovalRequest, opened: Sequence[OpenStage]) -> None:
    """Say which stages are open now; at least one is."""
    first, *beside = opened
    request.stage_no, request.stage, request.delegates = first.no, first.stage.as_json(), list(first.delegates)
    request.also_open = [one.as_json() for one in beside]


def start(request: ApprovalRequest, stages: Sequence[Stage]) -> None:
    """Give a request its chain, and open the first of it."""
    request.chain = chain_json(stages)
    request.chain_digest = digest_of(request.chain)
    set_open(request, _together(request.chain, 0))


def satisfy(request: ApprovalRequest, no: int) -> bool:
    """Close a stage whose people have agreed and open what comes next; tell whether the whole chain has agreed."""
    left = [one for one in open_stages(request) if one.no != no] or _together(request.chain, _end(request.chain, no))
    if left:
        set_open(request, left)
    return not left


def replace(request: ApprovalRequest, no: int, stage: Stage) -> None:
    """Put a stage in the place of an open one; whom it was handed to before is not asked any more."""
    opened = open_stages(request)
    set_open(request, [OpenStage(no, stage) if one.no == no else one for one in opened])


def hand_to(request: ApprovalRequest, no: int, user_id: int) -> None:
    """Let one more person decide an open stage."""
    opened = open_stages(request)
    set_open(
        request,
        [OpenStage(no, one.stage, tuple(sorted({*one.delegates, user_id}))) if one.no == no else one for one in opened],
    )


def _together(chain: Sequence[Any], start: int) -> list[OpenStage]:
    """Return the stages from a place on that are open together."""
    found: list[OpenStage] = []
    for no, kept in enumerate(chain[start:], start):
        if found and not kept.get("parallel"):
            break
        found.append(OpenStage(no, Stage.of(kept)))
    return found


def _end(chain: Sequence[Any], no: int) -> int:
    """Return the place after the stages that are open together with this one."""
    beyond = no + 1
    while beyond < len(chain) and chain[beyond].get("parallel"):
        beyond += 1
    return beyond
