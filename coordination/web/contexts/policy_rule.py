"""One rule of a policy, readable, with what it did or would have done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coordination.web import words
from coordination.web.contexts.policy_words import EFFECTS, Part, asked_by, hooks_in_words, sentence_parts
from coordination.web.contexts.status import Status

_MODES = {"off": "switched off", "shadow": "only watched"}
_OF = {"count": "", "amount": " in amount", "cost": " in cost"}


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule; `change` says what became of it since the enforced version."""

    rule: Mapping[str, Any]
    effect: Status
    sentence: list[Part]
    asked: str
    hooks: str
    fired: str
    chips: list[str]
    link: str

    @classmethod
    def of(cls, rule: Mapping[str, Any], fired: str, before: Mapping[str, Any] | None, link: str = "") -> "RuleView":
        """Return how the rule reads; `before` are the rules of the enforced version, by key."""
        key = rule["key"]
        change = "" if before is None or before.get(key) == rule else "changed" if key in before else "new"
        exceptions = len(rule.get("exceptions") or ())
        chips = [
            _MODES.get(rule.get("mode", ""), ""),
            change,
            rule.get("severity", "") if rule.get("severity", "medium") != "medium" else "",
            words.plural(exceptions, "exception") if exceptions else "",
            "fails open" if rule.get("failure_policy") == "open" else "",
        ]
        return cls(
            rule=rule,
            effect=EFFECTS[rule["effect"]],
            sentence=sentence_parts(rule["statement"], rule),
            asked=_follows(rule),
            hooks=hooks_in_words(rule["hooks"]),
            fired=fired,
            chips=[chip for chip in chips if chip],
            link=link,
        )


def fired_lately(times: int) -> str:
    """Say how often an enforced rule held in the last week."""
    return f"fired {_times(times)} in 7 days" if times else "did not fire in 7 days"


def would_have_fired(report: Mapping[str, Any] | None, key: str) -> str:
    """Say how often a rule would have held, by the newest backtest of its version."""
    found = next((one for one in (report or {}).get("rules", ()) if one["rule"] == key), None)
    if report is None or found is None or found.get("after") is None:
        return "not backtested yet"
    return f"would have fired {_times(found['after'])} in {words.days(report['days'])}"


def _times(times: int) -> str:
    return words.plural(times, "time")


def _follows(rule: Mapping[str, Any]) -> str:
    """Say what the effect comes to, where the effect's name is not enough."""
    if asked := asked_by(rule):
        return f"{asked} decides"
    if limit := rule.get("limit"):
        by = f" for each {', '.join(limit['by'])}" if limit.get("by") else ""
        return f"at most {words.number(limit['max'])}{_OF[limit.get('of', 'count')]} in {limit['per']}{by}"
    if redact := rule.get("redact"):
        return f"takes out {', '.join([*(redact.get('patterns') or ()), *(redact.get('fields') or ())])}"
    return ""
