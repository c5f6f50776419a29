"""Rule sets with their immutable versions, and every decision they led to."""

from coordination.policies.models.backtest import LOST_AFTER, OPEN_BACKTESTS, Backtest, BacktestStatus
from coordination.policies.models.decision import LimitBucket, Outcome, PolicyDecision
from coordination.policies.models.imposed import ImposedRule
from coordination.policies.models.policy import (
    CANDIDATES,
    MISSING_STAMP,
    NO_RULES,
    UNREVIEWED,
    Policy,
    PolicyPractice,
    PolicyVersion,
    RuleSetStamp,
    VersionStatus,
    Way,
)

__all__ = [
    "CANDIDATES",
    "LOST_AFTER",
    "MISSING_STAMP",
    "NO_RULES",
    "OPEN_BACKTESTS",
    "UNREVIEWED",
    "Backtest",
    "BacktestStatus",
    "ImposedRule",
    "LimitBucket",
    "Outcome",
    "Policy",
    "PolicyDecision",
    "PolicyPractice",
    "PolicyVersion",
    "RuleSetStamp",
    "VersionStatus",
    "Way",
]
