"""Questions to people, and every decision about them."""

from coordination.approvals.models.decision import ApprovalDecision
from coordination.approvals.models.message import ApprovalMessage
from coordination.approvals.models.request import ApprovalRequest
from coordination.approvals.models.revision import ApprovalRevision
from coordination.approvals.models.states import (
    OPEN,
    TERMINAL,
    UNSETTLED,
    Band,
    Reversibility,
    State,
    TimeoutAction,
    Verdict,
)

__all__ = [
    "OPEN",
    "TERMINAL",
    "UNSETTLED",
    "ApprovalDecision",
    "ApprovalMessage",
    "ApprovalRequest",
    "ApprovalRevision",
    "Band",
    "Reversibility",
    "State",
    "TimeoutAction",
    "Verdict",
]
