"""The form of a policy: as many rules as there are, each with its parameters; rows come and go by submit buttons."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from coordination.engine.manifest import Metadata, problems
from coordination.policies.models import Policy
from coordination.policies.services import validate
from coordination.shared.errors import FieldError
from coordination.shared.json import Json, JsonObject
from coordination.web.forms.manifest import NAME_HELP, Wanted, joined, listed

HOOKS = {"action": ["action"], "agent.call": ["agent.call"], "both": ["action", "agent.call"]}
TYPES = ("double", "int", "string", "bool", "list")
EFFECTS = ("require_approval", "deny", "allow")
ROLES = ("reviewer", "manager", "admin", "auditor")
WANTED = {
    "double": "write a number",
    "int": "write a whole number",
    "bool": "write true or false",
    "string": "write a text",
    "list": "write words, separated by commas",
}
MOST_ROWS = 200
_OTHER_TYPE = re.compile(r"but the type is (\w+)")
_RULE = re.compile(r"rule-(\d{1,4})-([a-z_]+)")
_PARAM = re.compile(r"rule-(\d{1,4})-param-(\d{1,4})-([a-z]+)")
ABOUT = (
    Wanted("name", "/metadata/name", "Name", NAME_HELP, required=True),
    Wanted("title", "/metadata/title", "Title"),
    Wanted("description", "/metadata/description", "Description", widget="lines"),
    Wanted("owner", "/spec/owner", "Owner", "Who answers for it."),
    Wanted("review_by", "/spec/review_by", "Review by", "A date, such as 2027-03-01."),
    Wanted("tags", "/spec/tags", "Tags", "Separated by commas."),
)
Row = dict[str, str]


@dataclass(slots=True)
class RuleRow:
    """One rule as it is typed, with the rows of its parameters."""

    said: Row = field(default_factory=lambda: {"hooks": "action", "effect": "require_approval", "n_required": "1"})
    params: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class PolicyTyped:
    """A policy as it is typed."""

    about: Row
    rules: list[RuleRow]

    @classmethod
    def of(cls, posted: Mapping[str, str]) -> "PolicyTyped":
        """Read a posted form; rows keep their order, whatever their numbers."""
        rules: dict[int, RuleRow] = {}
        params: dict[tuple[int, int], Row] = {}
        for name, value in posted.items():
            if match := _PARAM.fullmatch(name):
                params.setdefault((int(match[1]), int(match[2])), {})[match[3]] = value
            elif match := _RULE.fullmatch(name):
                rules.setdefault(int(match[1]), RuleRow({})).said[match[2]] = value
        for (at, _), row in sorted(params.items()):
            if at in rules:
                rules[at].params.append(row)
        about = {one.name: posted.get(one.name, "") for one in ABOUT}
        return cls(about, [rules[at] for at in sorted(rules)][:MOST_ROWS])

    @classmethod
    def of_policy(cls, policy: Policy, spec: Mapping[str, Any]) -> "PolicyTyped":
        """Return a version as it would have been typed."""
        about = {
            "name": policy.name,
            "title": policy.title,
            "description": policy.description,
            "owner": spec.get("owner", ""),
            "review_by": spec.get("review_by") or "",
            "tags": joined(spec.get("tags")),
        }
        return cls(about, [_row_of(rule) for rule in spec["rules"]])

    def change(self, act: str) -> None:
        """Add or remove a row: `add-rule`, `remove-rule-1`, `add-param-1`, `remove-param-1-0`."""
        verb, _, rest = act.partition("-")
        what, *places = rest.split("-")
        numbers = [int(place) for place in places if place.isdecimal() and len(place) < 5]
        match verb, what, numbers:
            case "add", "rule", []:
                self.rules.append(RuleRow())
            case "remove", "rule", [at] if at < len(self.rules):
                del self.rules[at]
            case "add", "param", [at] if at < len(self.rules):
                self.rules[at].params.append({"type": "double"})
            case "remove", "param", [at, param] if at < len(self.rules) and param < len(self.rules[at].params):
                del self.rules[at].params[param]

    def manifest(self, labels: Mapping[str, str]) -> JsonObject:
        """Return the manifest that the form says."""
        metadata: JsonObject = {name: self.about[name].strip() for name in ("name", "title", "description")}
        spec: JsonObject = {"owner": self.about["owner"].strip(), "tags": listed(self.about["tags"])}
        if review_by := self.about["review_by"].strip():
            spec["review_by"] = review_by
        spec["rules"] = [_rule(row) for row in self.rules]
        metadata["labels"] = dict(labels)
        return {"apiVersion": "coordination/v1", "kind": "Policy", "metadata": metadata, "spec": spec}

    def errors(self, value: JsonObject) -> list[FieldError]:
        """Return everything that is wrong with what the form says."""
        found = list(validate(value["spec"]))
        try:
            Metadata.model_validate(value["metadata"])
        except ValidationError as error:
            found += problems(error, Metadata, "/metadata")
        placed = [
            FieldError(one.pointer, _friendly(one.message), one.suggestion, one.line, one.column) for one in found
        ]
        return [*placed, *self._unnamed()]

    def _unnamed(self) -> list[FieldError]:
        """Return an error for each parameter without a name, or with one that is taken."""
        found = []
        for at, rule in enumerate(self.rules):
            seen: set[str] = set()
            for row in rule.params:
                name = row.get("name", "").strip()
                if not name and row.get("value", "").strip():
                    found.append(FieldError(f"/spec/rules/{at}/params/", "a parameter needs a name"))
                if name and name in seen:
                    found.append(FieldError(f"/spec/rules/{at}/params/{name}", f"{name} is there twice"))
                seen.add(name)
        return found


def _friendly(message: str) -> str:
    """Say what to write into a parameter's value; everything typed is text at first."""
    match = _OTHER_TYPE.search(message)
    return WANTED[match[1]] if match else message


def rule_fields(at: int) -> list[Wanted]:
    """Return the fields of the rule in a row."""
    path, name = f"/spec/rules/{at}", f"rule-{at}-"
    asked = f"{path}/approval"
    fields = [
        Wanted(f"{name}key", f"{path}/key", "Key", "Short and lasting, such as over-limit.", required=True),
        Wanted(f"{name}title", f"{path}/title", "Title"),
        Wanted(f"{name}statement", f"{path}/statement", "The rule in one sentence",
               "${params.NAME} and ${action.amount} are filled in.", "lines", required=True),
        Wanted(f"{name}hooks", f"{path}/hooks", "Asked before", "An action, an agent's call, or both.", "choice",
               required=True, options=tuple(HOOKS)),
        Wanted(f"{name}effect", f"{path}/effect", "Then", "", "choice", required=True, options=EFFECTS),
        Wanted(f"{name}when", f"{path}/when", "When", "A CEL condition over facts and this rule's parameters.", "code",
               required=True),
        Wanted(f"{name}role", f"{asked}/role", "Ask a", "", "choice", options=ROLES),
        Wanted(f"{name}group", f"{asked}/group", "in the group"),
        Wanted(f"{name}users", f"{asked}/users", "or one of", "User names, separated by commas."),
        Wanted(f"{name}n_required", asked, "How many must agree", "", "number"),
        Wanted(f"{name}message_to_human", f"{path}/message_to_human", "What the person is told", "", "lines"),
        Wanted(f"{name}message_to_agent", f"{path}/message_to_agent", "What the agent is told", "", "lines"),
        Wanted(f"{name}severity", f"{path}/severity", "Severity", "", "choice", required=True,
               options=("medium", "low", "high", "critical")),
    ]  # fmt: skip
    return [replace(one, part=f"Rule {at + 1}, ") for one in fields]


def param_fields(at: int, param: int, called: str) -> list[Wanted]:
    """Return the fields of a parameter in a row; what is wrong with it is found under its name."""
    path, name = f"/spec/rules/{at}/params/{called}", f"rule-{at}-param-{param}-"
    fields = [
        Wanted(f"{name}name", path, "Name", required=True),
        Wanted(f"{name}type", f"{path}/type", "Type", "", "choice", required=True, options=TYPES),
        Wanted(f"{name}value", f"{path}/value", "Value", required=True),
        Wanted(f"{name}title", f"{path}/title", "What it is"),
    ]
    return [replace(one, part=f"Rule {at + 1}, parameter {param + 1}, ") for one in fields]


def _rule(row: RuleRow) -> JsonObject:
    said = {name: value.strip() for name, value in row.said.items()}
    names = ("key", "title", "statement", "when", "effect", "message_to_human", "message_to_agent", "severity")
    rule: JsonObject = {name: said[name] for name in names if said.get(name)}
    rule["hooks"] = [*HOOKS.get(said.get("hooks", ""), [])]
    rule["tags"] = listed(said.get("tags", ""))
    asked: JsonObject = {name: said[name] for name in ("role", "group") if said.get(name)}
    if users := listed(said.get("users", "")):
        asked["users"] = users
    if said.get("effect") == "require_approval" or asked:
        rule["approval"] = asked | ({"n_required": _number(said["n_required"])} if said.get("n_required") else {})
    rule["params"] = {
        row["name"].strip(): {
            "type": row.get("type", ""),
            "value": _value(row.get("type", ""), row.get("value", "").strip()),
            "title": row.get("title", "").strip(),
        }
        for row in row.params
        if row.get("name", "").strip()
    }
    return rule


def _value(kind: str, text: str) -> Json:
    """Return what was typed as its type; what cannot be read stays text, which validation refuses."""
    match kind:
        case "double" | "int":
            return _number(text)
        case "bool":
            return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
        case "list":
            return [word.strip() for word in text.split(",") if word.strip()]
    return text


def _number(text: str) -> int | float | str:
    try:
        return int(text) if re.fullmatch(r"[-+]?\d{1,15}", text) else float(text)
    except ValueError:
        return text


def _row_of(rule: Mapping[str, Any]) -> RuleRow:
    asked = rule.get("approval") or {}
    names = ("key", "title", "statement", "when", "effect", "message_to_human", "message_to_agent", "severity")
    said = {name: str(rule.get(name, "")) for name in names}
    said |= {name: asked.get(name) or "" for name in ("role", "group")}
    said["users"] = joined(asked.get("users"))
    said["n_required"] = str(asked.get("n_required", 1))
    said["tags"] = joined(rule.get("tags"))
    said["hooks"] = next((name for name, hooks in HOOKS.items() if set(hooks) == set(rule["hooks"])), "action")
    params = [
        {"name": name, "type": param["type"], "value": _typed(param["value"]), "title": param.get("title", "")}
        for name, param in (rule.get("params") or {}).items()
    ]
    return RuleRow(said, params)


def _typed(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return joined(value) if isinstance(value, list) else str(value)
