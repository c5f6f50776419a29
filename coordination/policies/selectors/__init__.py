"""Which policies there are, what they did lately, and what was decided."""

from coordination.policies.selectors.backtests import backtest, backtests_of, latest_backtest, latest_report
from coordination.policies.selectors.busy import actions_of, calls_since, denials_since
from coordination.policies.selectors.decisions import decision, decisions, decisions_of_run
from coordination.policies.selectors.divergence import Divergence, Point, diverged, divergence
from coordination.policies.selectors.policies import (
    fired_by_rule,
    policies,
    policy_named,
    version_of,
    versions_of,
)
from coordination.policies.selectors.stamp import stamp_beside, stamp_of

__all__ = [
    "Divergence",
    "Point",
    "actions_of",
    "backtest",
    "backtests_of",
    "calls_since",
    "decision",
    "decisions",
    "decisions_of_run",
    "denials_since",
    "diverged",
    "divergence",
    "fired_by_rule",
    "latest_backtest",
    "latest_report",
    "policies",
    "policy_named",
    "stamp_beside",
    "stamp_of",
    "version_of",
    "versions_of",
]
