"""Decide every act before it happens, and change the rules by which that is done."""

from coordination.policies.services.adjusting import add_exception, change_parameters, remove_exception
from coordination.policies.services.backtesting import (
    cancel_backtest,
    find_lost_backtests,
    restart_backtest,
    start_backtest,
)
from coordination.policies.services.changing import allow_or_raise, ask_about_change, keep_denial
from coordination.policies.services.comparing import perform_backtest
from coordination.policies.services.deciding import Decision, Lookups, bulk_record, count, decide, has_rules_for
from coordination.policies.services.drafting import save_draft, validate
from coordination.policies.services.imposing import impose, lift
from coordination.policies.services.practice import set_practice
from coordination.policies.services.probing import Fired, would_have_fired
from coordination.policies.services.publishing import disable, publish, rollback
from coordination.policies.services.releasing import redraft, release, restore, retire
from coordination.policies.services.removing import remove
from coordination.policies.services.reviewing import (
    answer_review,
    request_retirement,
    request_review,
    withdraw_review,
)
from coordination.policies.services.staging import advance_due, stop_trying, try_in_shadow
from coordination.policies.services.validating import (
    RuleTests,
    Validation,
    check,
    mark_backtested,
    run_tests,
    validate_version,
)

__all__ = [
    "Decision",
    "Fired",
    "Lookups",
    "RuleTests",
    "Validation",
    "add_exception",
    "advance_due",
    "allow_or_raise",
    "answer_review",
    "ask_about_change",
    "bulk_record",
    "cancel_backtest",
    "change_parameters",
    "check",
    "count",
    "decide",
    "disable",
    "find_lost_backtests",
    "has_rules_for",
    "impose",
    "keep_denial",
    "lift",
    "mark_backtested",
    "perform_backtest",
    "publish",
    "redraft",
    "release",
    "remove",
    "remove_exception",
    "request_retirement",
    "request_review",
    "restart_backtest",
    "restore",
    "retire",
    "rollback",
    "run_tests",
    "save_draft",
    "set_practice",
    "start_backtest",
    "stop_trying",
    "try_in_shadow",
    "validate",
    "validate_version",
    "withdraw_review",
    "would_have_fired",
]
