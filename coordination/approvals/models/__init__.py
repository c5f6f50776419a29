"""Questions to people, and every decision about them."""

from coordination.approvals.models.away import DelegationRule, Flood
from coordination.approvals.models.decision import ApprovalDecision
from coordination.approvals.models.guarding import (
    Canary,
    Exercise,
    Judgement,
    OversightTerms,
    OwnJudgement,
    SampleCount,
    SecondLook,
)
from coordination.approvals.models.message import ApprovalMessage
from coordination.approvals.models.request import ApprovalRequest
from coordination.approvals.models.revision import ApprovalRevision
from coordination.approvals.models.rules import QueueRules
from coordination.approvals.models.states import (
    OPEN,
    TERMINAL,
    UNSETTLED,
    Band,
    Hurry,
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
    "Canary",
    "DelegationRule",
    "Exercise",
    "Flood",
    "Hurry",
    "Judgement",
    "OversightTerms",
    "OwnJudgement",
    "QueueRules",
    "Reversibility",
    "SampleCount",
    "SecondLook",
    "State",
    "TimeoutAction",
    "Verdict",
]
