"""An answer that was given and waits a few seconds, in which whoever gave it may take it back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Self

from coordination.approvals.models import ApprovalRequest, Band, Verdict
from coordination.approvals.question import Manner
from coordination.shared.json import JsonObject

UNDO = timedelta(seconds=5)
# If nobody carries a held answer out for so long after it was due, others may answer.
TAKEN_WITHIN = timedelta(minutes=1)
# What may end a question; everything else releases nothing and is said anew as easily.
_HELD = (Verdict.APPROVE, Verdict.REJECT, Verdict.RETURN)


@dataclass(frozen=True, slots=True)
class HeldAnswer:
    """What a person said, as they said it; `batch` names the answers that they gave together."""

    id: str
    user_id: int
    username: str
    verdict: str
    reason: str
    revision: int
    manner: Mapping[str, Any]
    batch: str = ""

    @classmethod
    def of(cls, request: ApprovalRequest) -> Self | None:
        """Return the answer that a request holds, if any."""
        kept = request.held
        return cls(**kept) if kept else None

    def as_json(self) -> JsonObject:
        """Return it as a request keeps it."""
        return asdict(self)

    def given(self) -> Manner:
        """Return how it was given, with the token that carries it out."""
        known = {one.name for one in fields(Manner)}
        return Manner(**{name: value for name, value in self.manner.items() if name in known} | {"held": self.id})


def can_wait(request: ApprovalRequest, verdict: str, moment: datetime) -> bool:
    """Tell whether an answer may be held: never at a critical risk, nor where time would run out meanwhile."""
    return verdict in _HELD and request.risk_band != Band.CRITICAL and request.expires_at > moment + UNDO


def standing(request: ApprovalRequest, moment: datetime) -> HeldAnswer | None:
    """Return the held answer that keeps others from answering, if there is one."""
    if request.held_until is None or not request.is_open or moment > request.held_until + TAKEN_WITHIN:
        return None
    return HeldAnswer.of(request)
