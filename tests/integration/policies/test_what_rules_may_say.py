"""What can be wrong with limits, redactions, exceptions and the hooks of a rule, and where."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.policies.manifest import problems_of
from coordination.shared.clock import now
from tests.integration.policies.rules import policy, small_is_fine

LIMIT: dict[str, Any] = {"effect": "limit", "limit": {"max": 3, "per": "1h", "by": ["agent.name"]}}
REDACT: dict[str, Any] = {"effect": "redact", "redact": {"fields": ["customer.email"], "patterns": ["card"]}}
RULE = "/spec/rules/0"


def exception(days: float = 10, **changes: Any) -> dict[str, Any]:
    until = (now() + timedelta(days=days)).isoformat()
    return {"scope": {"agents": ["w*"]}, "until": until, "approved_by": "ann", "reason": "a campaign", **changes}


@pytest.mark.parametrize(
    "changes",
    [
        LIMIT,
        REDACT,
        {"effect": "warn"},
        {"exceptions": [exception(29.9)]},
        {"scope": {"workflows": ["inquiry"], "actions": ["payments.*"]}},
        {"mode": "shadow", "failure_policy": "open", "owner": "finance", "review_by": "2027-01-01"},
        {"tests": [{"title": "a small one", "given": {"action.amount": 5.0}, "expected": True}]},
        {"hooks": ["run.start", "agent.change"], "effect": "deny"},
    ],
)
def test_a_rule_may_say_this(changes: dict[str, Any]) -> None:
    assert problems_of(policy(small_is_fine(**changes))) == []


@pytest.mark.parametrize(
    ("changes", "pointer", "message"),
    [
        ({"effect": "limit"}, "/limit", "say how much is allowed"),
        ({"limit": LIMIT["limit"]}, "/limit", "nothing is counted when the effect is allow"),
        ({**LIMIT, "limit": {"max": -1}}, "/limit/max", "greater than or equal to 0"),
        ({**LIMIT, "limit": {"max": 1, "per": "soon"}}, "/limit/per", "is not a duration"),
        ({**LIMIT, "limit": {"max": 1, "per": "10ms"}}, "/limit/per", "the shortest time is a second"),
        ({**LIMIT, "limit": {"max": 1, "by": ["agent.nmae"]}}, "/limit/by/0", "unknown name agent.nmae"),
        ({**LIMIT, "limit": {"max": 1, "by": ["action.args"]}}, "/limit/by/0", "is not a single value"),
        ({"effect": "redact"}, "/redact", "say what is taken out"),
        ({"redact": REDACT["redact"]}, "/redact", "nothing is taken out when the effect is allow"),
        ({"effect": "redact", "redact": {}}, "/redact", "name what is taken out"),
        ({"effect": "redact", "redact": {"patterns": ["emial"]}}, "/redact/patterns/0", "this should be email"),
        ({**REDACT, "hooks": ["policy.change"]}, "/hooks/0", "there is nothing to take out"),
        ({"exceptions": [exception(31)]}, "/exceptions/0/until", "an exception ends within 30 days"),
        ({"exceptions": [exception(scope={})]}, "/exceptions/0/scope", "say what is excepted"),
        ({"exceptions": [exception(until="2026-03-01T00:00:00")]}, "/exceptions/0/until", ""),
        ({"exceptions": [exception(approved_by="")]}, "/exceptions/0/approved_by", "at least 1"),
        (
            {"hooks": ["step.result"], "effect": "require_approval", "approval": {"role": "reviewer"}},
            "/hooks/0",
            "nobody can be asked before a step's result counts; deny it instead",
        ),
    ],
)
def test_what_is_wrong_comes_with_its_place(changes: dict[str, Any], pointer: str, message: str) -> None:
    found = [problem for problem in problems_of(policy(small_is_fine(**changes))) if problem.pointer == RULE + pointer]

    assert any(message in problem.message for problem in found), problems_of(policy(small_is_fine(**changes)))


def test_a_slip_in_what_a_limit_counts_by_is_told_with_what_was_meant() -> None:
    [problem] = problems_of(policy(small_is_fine(effect="limit", limit={"max": 1, "by": ["agent.nmae"]})))

    assert problem.suggestion == "agent.name"
