"""A decision in plain words, from what was kept of it: refund-limits v4 · over-limit: … → asks a person."""

from collections.abc import Iterable, Mapping
from typing import Any

_DOES = {
    "allow": "lets it happen",
    "warn": "warns",
    "redact": "takes something out",
    "limit": "stops what goes beyond it",
    "require_approval": "asks a person",
    "deny": "stops it",
}
_OUTCOMES = {"allow": "May happen", "require_approval": "A person decides", "deny": "Stopped"}


def explain(outcome: str, reasons: Iterable[Mapping[str, Any]]) -> str:
    """Return one sentence: what was decided, and the first of the reasons."""
    why = [line(reason) for reason in reasons]
    if not why:
        return f"{_OUTCOMES[outcome]}."
    more = f" (and {len(why) - 1} more)" if len(why) > 1 else ""
    return f"{_OUTCOMES[outcome]}: {why[0]}{more}."


def line(reason: Mapping[str, Any]) -> str:
    """Return one reason: which rule, what it says, what it does."""
    source = f"{reason['policy']} v{reason['version']}" if reason["version"] else "By default"
    says = reason["message"] if reason["code"] == "policy-error" else reason["statement"]
    return f"{source} · {reason['rule']}: {says.removesuffix('.')} → {_DOES[reason['effect']]}"


def said(result: Mapping[str, Any]) -> str:
    """Return what one rule said of the act."""
    rule = f"{result['policy']} v{result['version']} · {result['rule'] or 'all rules'}"
    if result["result"] == "error":
        return f"{rule}: could not be decided ({result['error']})"
    if result.get("exempt"):
        return f"{rule}: holds, but not for this: {result['exempt']}"
    return f"{rule}: {'holds' if result['result'] else 'does not hold'}"
