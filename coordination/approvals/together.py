"""Which questions may be answered together, and how many of them a person must open first."""

from collections.abc import Sequence
from math import ceil, sqrt
from random import Random
from uuid import UUID

from coordination.approvals.models import ApprovalRequest, Band

MOST = 50
MOST_OPENED = 5
_LOW_BANDS = (Band.LOW, Band.MEDIUM)

Likeness = tuple[str, frozenset[tuple[str, str]]]


def likeness_of(request: ApprovalRequest) -> Likeness:
    """Return what questions must have in common: the tool, and the rules that asked."""
    return request.operation, frozenset((one["policy"], one.get("rule", "")) for one in request.reasons)


def is_for_many(request: ApprovalRequest) -> bool:
    """Tell whether a question may be answered together with others at all."""
    return request.is_open and request.risk_band in _LOW_BANDS and request.subject.startswith(("run:", "guard:"))


def why_not_together(requests: Sequence[ApprovalRequest]) -> str:
    """Return in a sentence why these questions cannot be answered together, "" where they can."""
    if len(requests) < 2:
        return "Choose two questions or more."
    if len(requests) > MOST:
        return f"At most {MOST} questions are answered together; choose fewer."
    if not all(is_for_many(one) for one in requests):
        return "What is of high or critical risk, or changes a policy, is answered one by one."
    if len({likeness_of(one) for one in requests}) > 1:
        return "Only questions about the same tool that the same rules ask are answered together."
    return ""


def n_to_open(n: int) -> int:
    """Return how many of n questions a person opens before they answer all of them."""
    return min(MOST_OPENED, ceil(sqrt(n)))


def drawn(identifiers: Sequence[UUID], chance: Random) -> list[UUID]:
    """Return the questions that must be opened, by chance."""
    return chance.sample(sorted(identifiers), n_to_open(len(identifiers)))
