"""Policies in a manager's words: effects, stages of life, and a rule's sentence with its values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from coordination.engine.rules.hooks import HOOKS
from coordination.engine.rules.stages import Stage
from coordination.engine.rules.wording import PLACE, money
from coordination.engine.rules.wording import words as as_words
from coordination.policies.models import PolicyVersion, VersionStatus
from coordination.policies.selectors.lifecycle import Progress
from coordination.web.contexts.status import Status

EFFECTS = {
    "deny": Status("deny", "bad", "stopped", "deny"),
    "require_approval": Status("require_approval", "wait", "person", "require approval"),
    "limit": Status("limit", "run", "waiting", "limit"),
    "redact": Status("redact", "human", "data", "redact"),
    "warn": Status("warn", "wait", "alert", "warn"),
    "allow": Status("allow", "ok", "done", "allow"),
}
# What each outcome of a decision is called in a table.
OUTCOMES = {"allow": "allow", "require_approval": "approve", "deny": "deny"}
_VERSIONS = {
    VersionStatus.DRAFT: ("idle", "idle", "v{} draft"),
    VersionStatus.VALIDATED: ("idle", "check", "v{} validated"),
    VersionStatus.BACKTESTED: ("idle", "replay", "v{} backtested"),
    VersionStatus.IN_REVIEW: ("wait", "person", "v{} in review"),
    VersionStatus.SHADOW: ("run", "replay", "v{} in shadow"),
    VersionStatus.CANARY: ("run", "play", "v{} on {}% of runs"),
    VersionStatus.ENFORCED: ("ok", "done", "v{} enforced"),
    VersionStatus.SUPERSEDED: ("idle", "rerouted", "v{} was enforced"),
    VersionStatus.ROLLED_BACK: ("idle", "back", "v{} rolled back"),
    VersionStatus.REJECTED: ("bad", "stopped", "v{} rejected"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a rule's sentence: plain words, a parameter's value, or a fact that is filled in."""

    text: str
    kind: str = ""


def status_of(version: PolicyVersion, progress: Progress | None = None) -> Status:
    """Return where a version is in its life."""
    status = VersionStatus(version.status)
    tone, icon, words = _VERSIONS[status]
    said = words.format(version.number, version.canary_percent or 0)
    if progress is not None:
        said += f", {progress.hours:.0f} of {progress.hours_needed} h"
    return Status(f"{version.number}-{status}", tone, icon, said)


def sentence_parts(text: str, rule: Mapping[str, Any]) -> list[Part]:
    """Return a rule's sentence in pieces; the values of its parameters stand out."""
    params = {f"params.{name}": param["value"] for name, param in (rule.get("params") or {}).items()}
    parts, at = [], 0
    for place in PLACE.finditer(text):
        name, before = place[1], text[at : place.start()]
        is_money = before.endswith("$") and name in params
        parts.append(Part(before[:-1] if is_money else before))
        if name in params:
            value = params[name]
            parts.append(Part(f"${money(value)}" if is_money else as_words(value), "param"))
        else:
            parts.append(Part(name, "fact"))
        at = place.end()
    return [part for part in [*parts, Part(text[at:])] if part.text]


def asked_by(rule: Mapping[str, Any]) -> str:
    """Return who decides when the rule asks people."""
    approval = rule.get("approval")
    if not approval:
        return ""
    users = tuple(approval.get("users") or ())
    return str(Stage(approval.get("role") or "", approval.get("group") or "", users, approval.get("n_required", 1)))


def hooks_in_words(names: Iterable[str]) -> str:
    """Return when a rule is asked: "before an action and before an agent is called"."""
    return " and ".join(HOOKS[name].title if name in HOOKS else name for name in names)
