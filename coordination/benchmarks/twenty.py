"""Twenty rules and thirty facts, as an organization that handles refunds might have them."""

from typing import Any

# With the time, these are thirty.
CONTEXT: dict[str, Any] = {
    "hook": "action",
    "org.slug": "acme",
    "agent.name": "refund-writer",
    "agent.version": 3,
    "agent.role": "refunds",
    "agent.authority": 3,
    "agent.status": "active",
    "agent.labels": ["team=support", "tier=2"],
    "capability": "refund.propose",
    "action.name": "payments.refund",
    "action.known": True,
    "action.version": 2,
    "action.effect": "write",
    "action.reversibility": "compensable",
    "action.classification": "customer",
    "action.amount": 64.9,
    "action.args": {"order": "A-1017", "amount": 64.9, "currency": "EUR", "reason": "damaged in transit"},
    "run.id": "01935d8e-7c1a-7000-8000-000000000000",
    "run.workflow": "customer-support",
    "run.version": 4,
    "run.cost_usd": 0.02,
    "run.started_by": "user:mia",
    "run.priority": 3,
    "step.id": "refund",
    "step.attempt": 1,
    "step.kind": "action",
    "confidence": 0.93,
    "risk.score": 31,
    "facts": {"intent": "refund", "tone": "calm"},
}


def _rule(key: str, statement: str, when: str, effect: str = "deny", **more: Any) -> dict[str, Any]:
    if effect == "require_approval":
        more["approval"] = {"role": "reviewer", "group": "support-lead"}
    return {"key": key, "statement": statement, "when": when, "effect": effect, **more}


def _number(value: float) -> dict[str, Any]:
    return {"type": "double", "value": value}


ASK = "require_approval"
RULES: list[dict[str, Any]] = [
    _rule(
        "over-limit",
        "Refunds above $${params.limit} need one support lead.",
        "action.name == 'payments.refund' && action.amount > params.limit",
        ASK,
        params={"limit": _number(100)},
    ),
    _rule("small", "Refunds up to $20 go through.", "action.name == 'payments.refund' && action.amount <= 20", "allow"),
    _rule("authority", "Who has no authority changes nothing.", "agent.authority < 2 && action.effect == 'write'"),
    _rule("risk", "What is risky is read first.", "risk.score >= params.most", ASK, params={"most": _number(70)}),
    _rule("no-return", "What cannot be undone is read first.", "action.reversibility == 'irreversible'", ASK),
    _rule("suspended", "Who is not active does nothing.", "agent.status != 'active'"),
    _rule("retries", "A fourth attempt is one too many.", "run.workflow == 'customer-support' && step.attempt > 3"),
    _rule("costly", "A run that cost more than $5 stops.", "run.cost_usd > params.usd", params={"usd": _number(5)}),
    _rule(
        "confidential",
        "Confidential data is for refunds alone.",
        "action.classification in ['confidential', 'secret'] && agent.role != 'refunds'",
    ),
    _rule("unsure", "What an agent is unsure of is read first.", "confidence < 0.6", ASK),
    _rule("wordy", "Mail has few arguments.", "action.name.startsWith('mail.') && size(action.args) > 10"),
    _rule("last-century", "Nothing is paid in another century.", "now.getFullYear() < 2000 && action.amount > 0"),
    _rule("complaint", "Complaints are read first.", "has(facts.intent) && facts.intent == 'complaint'", ASK),
    _rule("newcomer", "New agents are watched.", "agent.labels.exists(label, label.startsWith('new='))", "warn"),
    _rule("doubled", "Twice the amount is below a thousand.", "action.amount * 2.0 > 1000.0"),
    _rule("urgent", "Urgent runs take tried agents.", "run.priority > 5 && agent.version < 2"),
    _rule(
        "unattended", "Nobody's runs change nothing.", "run.started_by == 'trigger' && action.effect == 'write'", ASK
    ),
    _rule("account", "No bank account leaves the house.", "'iban' in action.args || 'account' in action.args"),
    _rule(
        "order",
        "A refund names its order.",
        "action.name == 'payments.refund' && !(has(action.args.order) && action.args.order.matches('^A-[0-9]+$'))",
    ),
    _rule(
        "team", "Support refunds by itself up to $80.", "'team=support' in agent.labels && action.amount < 80", "allow"
    ),
]
