"""A rule as it is typed: its sentence, its rows and its CEL, of which whatever was changed last leads the others."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coordination.engine.rules.clauses import clauses
from coordination.engine.rules.conditions import Conditions, conditions_in, written
from coordination.engine.rules.hooks import HOOKS
from coordination.engine.rules.sentences import read_sentence, sentence
from coordination.engine.rules.stages import Stage
from coordination.shared.json import JsonObject
from coordination.web import words
from coordination.web.forms.manifest import joined
from coordination.web.forms.policy_rows import (
    RowTyped,
    bound,
    conditions_of,
    fits,
    follow,
    kinds_of,
    rows_in,
    rows_of,
    says_the_same,
)
from coordination.web.forms.policy_values import number, params_in, params_of, params_said, parts

_PLAIN = ("key", "title", "statement", "when", "effect", "message_to_human", "message_to_agent", "severity", "mode",
          "failure_policy", "owner", "review_by")  # fmt: skip
_ALWAYS_SAID = ("key", "statement", "when", "effect")
_SCOPE = ("workflows", "agents", "roles", "actions")
_NEW = {
    "effect": "require_approval", "severity": "medium", "role": "reviewer", "n_required": "1", "mode": "enforced",
    "failure_policy": "closed", "limit_of": "count", "limit_per": "1h",
}  # fmt: skip
_WORD = re.compile(r"[\w.]+")
_MEANT = re.compile(r"(\d{1,4})-(\d{1,5})-([\w.]{1,100})")


@dataclass(slots=True)
class RuleTyped:
    """One rule.

    `seen` and `stated` are its CEL and its statement as the form last showed them, `told` what the rows then said: a
    statement that is the same follows the rows, one in somebody's own words stays.
    """

    said: dict[str, str] = field(default_factory=lambda: dict(_NEW))
    hooks: list[str] = field(default_factory=lambda: ["action"])
    params: list[dict[str, str]] = field(default_factory=list)
    rows: list[RowTyped] = field(default_factory=lambda: [RowTyped()])
    join: str = "all"
    seen: str = ""
    stated: str = ""
    told: str = ""
    is_free: bool = False
    row_errors: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, posted: Mapping[str, str]) -> "RuleTyped":
        """Read a posted form, and bring its three views of the condition in step."""
        # A browser sends lines of a text with a carriage return each.
        texts = {name: value.replace("\r\n", "\n") for name, value in posted.items()}
        found = cls(
            said={name.removeprefix("rule-"): text for name, text in texts.items() if name.startswith("rule-")},
            hooks=[hook for hook in HOOKS if f"hook-{hook}" in posted],
            params=params_in(texts),
            rows=rows_in(texts),
            join=texts.get("join", "all"),
            seen=texts.get("when-seen", ""),
            stated=texts.get("statement-seen", ""),
            told=texts.get("statement-told", ""),
        )
        found.change(texts.get("act", ""))
        found.settle()
        return found

    @classmethod
    def of_rule(cls, rule: Mapping[str, Any]) -> "RuleTyped":
        """Return a rule as it would have been typed."""
        found = cls(said=_said_of(rule), hooks=list(rule["hooks"]), params=params_of(rule), rows=[])
        found.said["when"] = _laid_out(rule["when"])
        found.follow_cel()
        found.seen, found.stated, found.told = found.when, rule["statement"], found.sentence()
        return found

    @property
    def when(self) -> str:
        """Return the condition in CEL."""
        return self.said.get("when", "")

    def settle(self) -> None:
        """Let what was changed lead: the CEL, else the sentence where it can be read, else the rows."""
        self.rows = follow(self.rows, self.params)
        statement = self.said.get("statement", "").strip()
        meant = read_sentence(statement) if statement != self.stated.strip() else None
        if self.when != self.seen:
            self.follow_cel()
        elif meant is not None and fits(meant, kinds_of(self.params)):
            self.said["when"] = written(meant)
            self.follow_cel()
        else:
            self._follow_rows()
        follows = not statement or statement == self.told
        self.told = self.sentence()
        self.said["statement"] = (follows and self.told) or statement
        self.seen, self.stated = self.when, self.said["statement"]

    def follow_cel(self) -> None:
        """Show as rows what the CEL says, where rows can."""
        found = conditions_in(self.when)
        self.is_free = found is None and bool(self.when.strip())
        self.rows = [RowTyped()] if found is None and not self.is_free else rows_of(found or Conditions(), self.params)
        self.join = found.join if found else "all"

    def _follow_rows(self) -> None:
        if not self.rows:
            # Free CEL has no rows, and neither has a rule that holds always.
            self.follow_cel()
            return
        before = conditions_in(self.when)
        if before is not None and says_the_same(self.rows, self.join, before, self.params):
            return  # What nobody touched stays as it is, even where it is of the wrong type.
        conditions, self.row_errors = conditions_of(self.rows, self.join, kinds_of(self.params))
        if conditions is None:
            return
        self.rows = bound(self.rows, conditions, self.params)
        if before != conditions:
            self.said["when"] = written(conditions)

    def sentence(self) -> str:
        """Return what the condition says and what follows, in one sentence; nothing for free CEL."""
        conditions = conditions_in(self.when)
        return sentence(conditions, self.consequence()) if conditions is not None else ""

    def consequence(self) -> str:
        """Return what follows when the rule holds."""
        match self.said.get("effect"):
            case "deny":
                return "it is refused"
            case "require_approval":
                return f"{_stage(self.said)} must agree"
            case "limit":
                what = {"amount": " in amount", "cost": " in cost"}.get(self.said.get("limit_of", ""), "")
                most = f"{self.said.get('limit_max') or '…'}{what} in {self.said.get('limit_per') or '…'}"
                return f"at most {most} is let through"
            case "redact":
                out = [part for name in ("patterns", "fields") for part in parts(self.said.get(f"redact_{name}", ""))]
                return f"this is taken out: {joined(out) or '…'}"
            case "warn":
                return "it happens with a warning"
        return "it may happen"

    def change(self, act: str) -> None:
        """Add or remove a row, or take what was probably meant: `add-row`, `remove-param-1`, `meant-1-7-agent.role`."""
        verb, _, rest = act.partition("-")
        if verb == "meant" and (found := _MEANT.fullmatch(rest)):
            self._mean(int(found[1]), int(found[2]), found[3])
        what, _, place = rest.partition("-")
        at = int(place) if place.isdecimal() and len(place) < 4 else -1
        match verb, what:
            case "say", _:
                # An empty statement says what the rows say.
                self.said["statement"] = ""
            case "add", "row":
                self.rows.append(RowTyped())
            case "add", "param":
                self.params.append({"type": "double"})
            case "remove", "row" if 0 <= at < len(self.rows):
                self.rows[at : at + 1] = [] if len(self.rows) > 1 else [RowTyped()]
            case "remove", "param" if 0 <= at < len(self.params):
                del self.params[at]

    def spec(self, before: Mapping[str, Any]) -> JsonObject:
        """Return the rule that the form says; what the form does not show stays as it was before."""
        said = {name: value.strip() for name, value in self.said.items()}
        rule: JsonObject = {name: before[name] for name in ("tests", "exceptions") if before.get(name)}
        rule |= {name: said[name] for name in _PLAIN if said.get(name) or (name in _ALWAYS_SAID and name in said)}
        if _is_same(self.when, str(before.get("when", ""))):
            rule["when"] = before["when"]
        rule["hooks"] = [*self.hooks]
        rule["tags"] = parts(said.get("tags", ""))
        rule["scope"] = {name: parts(said.get(f"scope_{name}", "")) for name in _SCOPE}
        rule["params"] = params_said(self.params)
        match said.get("effect"):
            case "require_approval":
                rule["approval"] = _kept(before.get("approval") or {}, _approval(said))
            case "limit":
                rule["limit"] = _limit(said)
            case "redact":
                rule["redact"] = {name: parts(said.get(f"redact_{name}", "")) for name in ("fields", "patterns")}
        return rule

    def _mean(self, line: int, column: int, word: str) -> None:
        lines = self.when.split("\n")
        if 0 < line <= len(lines) and (there := _WORD.match(lines[line - 1], column - 1)):
            text = lines[line - 1]
            lines[line - 1] = text[: there.start()] + word + text[there.end() :]
            self.said["when"] = "\n".join(lines)


def _laid_out(when: str) -> str:
    """Return a condition with one part a line, where all of several must hold."""
    is_plain = "\n" not in when.strip() and conditions_in(when) is not None
    return " &&\n".join(clauses(when)) if is_plain else when.rstrip()


def _is_same(when: str, before: str) -> bool:
    """Tell whether a condition differs from another one in nothing but its spaces and lines."""
    said = conditions_in(when)
    return said is not None and said == conditions_in(before) and "".join(when.split()) == "".join(before.split())


def _approval(said: Mapping[str, str]) -> JsonObject:
    asked: JsonObject = {name: said[name] for name in ("role", "group") if said.get(name)}
    if users := parts(said.get("users", "")):
        asked["users"] = users
    return asked | ({"n_required": number(said["n_required"])} if said.get("n_required") else {})


def _kept(before: Mapping[str, Any], asked: JsonObject) -> JsonObject:
    """Return who is asked, with what the form does not show of it: several stages stay until somebody is named here."""
    if before.get("stages") and not {"role", "group", "users"} & asked.keys():
        return dict(before)
    return asked | {name: before[name] for name in ("deny_threshold", "distinct_units", "min_auth") if name in before}


def _limit(said: Mapping[str, str]) -> JsonObject:
    limit: JsonObject = {name: said[f"limit_{name}"] for name in ("per", "of") if said.get(f"limit_{name}")}
    return limit | {"by": parts(said.get("limit_by", "")), "max": number(said.get("limit_max", ""))}


def _stage(said: Mapping[str, str]) -> str:
    asked = _approval({name: value.strip() for name, value in said.items()})
    needed = asked.get("n_required")
    n_required = needed if isinstance(needed, int) else 1
    users = tuple(str(user) for user in parts(said.get("users", "")))
    return str(Stage(str(asked.get("role", "")), str(asked.get("group", "")), users, n_required)) or "a person"


def _said_of(rule: Mapping[str, Any]) -> dict[str, str]:
    asked, limit, redact = rule.get("approval") or {}, rule.get("limit") or {}, rule.get("redact") or {}
    said = {name: str(rule.get(name) or _NEW.get(name, "")) for name in _PLAIN}
    said |= {name: asked.get(name) or "" for name in ("role", "group")}
    said |= {"users": joined(asked.get("users")), "n_required": str(asked.get("n_required", 1))}
    said |= {f"limit_{name}": str(limit.get(name, _NEW.get(f"limit_{name}", ""))) for name in ("per", "of")}
    said["limit_max"] = words.number(limit["max"]) if "max" in limit else ""
    said |= {"limit_by": joined(limit.get("by")), "tags": joined(rule.get("tags"))}
    said |= {f"redact_{name}": joined(redact.get(name)) for name in ("fields", "patterns")}
    return said | {f"scope_{name}": joined((rule.get("scope") or {}).get(name)) for name in _SCOPE}
