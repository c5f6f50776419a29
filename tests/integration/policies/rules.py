"""Rules and facts as people would write them, with what a test wants changed."""

from collections.abc import Callable
from typing import Any

from coordination.accounts.actors import Actor
from coordination.policies.models import PolicyVersion

EDITOR = Actor("user", "admin")
Enforce = Callable[..., PolicyVersion]


def policy(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the spec of a policy."""
    return {"owner": "support", "rules": list(rules), **changes}


def over_limit(**changes: Any) -> dict[str, Any]:
    """Return a rule that asks a support lead about large refunds."""
    return {
        "key": "over-limit",
        "title": "Large refunds",
        "statement": "Refunds above $${params.limit} need one support lead.",
        "when": "action.name == 'payments.refund' && action.amount > params.limit",
        "effect": "require_approval",
        "approval": {"role": "reviewer", "group": "support-lead"},
        "params": {"limit": {"type": "double", "value": 100}},
        "message_to_human": "$${action.amount} for order ${action.args.order} is above $${params.limit}.",
        "message_to_agent": "Wait for a person; do not split the refund.",
        **changes,
    }


def never_after_hours(**changes: Any) -> dict[str, Any]:
    """Return a rule that denies what the workflow calls out of hours."""
    return {
        "key": "after-hours",
        "statement": "Nothing is refunded out of hours.",
        "when": "has(facts.after_hours) && facts.after_hours",
        "effect": "deny",
        **changes,
    }


def small_is_fine(**changes: Any) -> dict[str, Any]:
    """Return a rule that lets small refunds through."""
    return {
        "key": "small",
        "statement": "Refunds up to $20 go through.",
        "when": "action.name == 'payments.refund' && action.amount <= 20",
        "effect": "allow",
        **changes,
    }


def refund(amount: float = 250.0, **changes: Any) -> dict[str, Any]:
    """Return the facts of a refund that an agent proposes."""
    return {
        "hook": "action",
        "org.slug": "acme",
        "agent.name": "writer",
        "agent.version": 3,
        "action.name": "payments.refund",
        "action.known": True,
        "action.version": 1,
        "action.effect": "write",
        "action.reversibility": "compensable",
        "action.amount": amount,
        "action.args": {"order": "A-17", "amount": amount},
        "facts": {"intent": "refund"},
        **changes,
    }


def agent_call(**changes: Any) -> dict[str, Any]:
    """Return the facts of a step that is about to be given to an agent."""
    return {"hook": "agent.call", "org.slug": "acme", "agent.name": "intent", "capability": "classify", **changes}
