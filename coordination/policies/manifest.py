"""What a manifest of kind Policy may say, and everything that can be wrong with it."""

import difflib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from coordination.engine.cel import ExpressionError, environment
from coordination.engine.manifest import Name, Problem, Spec, pointer, problems
from coordination.engine.rules.combine import Effect, Stage
from coordination.engine.rules.ruleset import Parameter, Rule, params_environment
from coordination.engine.rules.wording import names_in

Text = Annotated[str, Field(max_length=2_000)]
_VALUES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "double": (int, float),
    "bool": (bool,),
    "list": (list,),
}


class ParameterSpec(Spec):
    """A threshold that an admin can change without touching the condition."""

    type: Literal["string", "int", "double", "bool", "list"]
    value: bool | int | float | str | list[str]
    title: Text = ""


class ApprovalSpec(Spec):
    """Who is asked: named users, and whoever has both the role and the group; and how many of them must agree."""

    role: Literal["manager", "reviewer", "admin", "auditor"] | None = None
    group: str | None = None
    users: list[str] = []
    n_required: int = Field(default=1, ge=1, le=20)

    @property
    def stage(self) -> Stage:
        """Return who is asked as the engine knows it."""
        return Stage(self.role or "", self.group or "", tuple(sorted({*self.users})), self.n_required)


class RuleSpec(Spec):
    """One rule: a sentence for people, a condition for the machine, and what follows when it holds."""

    key: Name
    title: Text = ""
    statement: Annotated[str, Field(min_length=1, max_length=2_000)] = Field(
        description="The rule in one plain sentence; ${params.NAME} and ${FACT} are filled in."
    )
    hooks: list[Literal["agent.call", "action"]] = Field(default=["action"], min_length=1)
    when: str = Field(description="A CEL condition over the facts and this rule's params.")
    effect: Literal["allow", "deny", "require_approval"]
    approval: ApprovalSpec | None = None
    params: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], ParameterSpec] = {}
    message_to_agent: Text = ""
    message_to_human: Text = ""
    severity: Literal["low", "medium", "high", "critical"] = "medium"
    tags: list[str] = []


class PolicySpec(Spec):
    """Rules that belong together, and who answers for them."""

    owner: str = ""
    review_by: date | None = None
    tags: list[str] = []
    rules: list[RuleSpec] = Field(min_length=1, max_length=200)


def problems_of(spec: Any) -> list[Problem]:
    """Return everything that is wrong with a policy's spec, all at once."""
    found: list[Problem] = []
    try:
        PolicySpec.model_validate(spec)
    except ValidationError as error:
        found = problems(error, PolicySpec, "/spec")
    rules = spec.get("rules") if isinstance(spec, dict) else None
    seen: dict[str, int] = {}
    for at, raw in enumerate(rules if isinstance(rules, list) else []):
        path = f"/spec/rules/{at}"
        try:
            rule = RuleSpec.model_validate(raw)
        except ValidationError:
            continue  # What is wrong with its shape was said above.
        if rule.key in seen:
            found.append(Problem(f"{path}/key", f"rule {seen[rule.key] + 1} already has the key {rule.key}"))
        seen.setdefault(rule.key, at)
        found.extend(_problems_in(rule, path))
    return found


def rule_of(policy: str, version: int, spec: RuleSpec) -> Rule:
    """Return the rule that the engine judges by."""
    asked = spec.approval
    return Rule(
        policy=policy,
        version=version,
        key=spec.key,
        title=spec.title,
        statement=spec.statement,
        when=spec.when,
        effect=Effect(spec.effect),
        hooks=frozenset(spec.hooks),
        stage=asked.stage if asked else None,
        params={name: Parameter(param.type, param.value) for name, param in spec.params.items()},
        message_to_human=spec.message_to_human,
        message_to_agent=spec.message_to_agent,
    )


def _problems_in(rule: RuleSpec, path: str) -> Iterator[Problem]:
    yield from _approval_problems(rule, path)
    yield from _value_problems(rule, path)
    kinds = {name: param.type for name, param in rule.params.items()}
    names = params_environment(kinds)
    try:
        environment(names).compile(rule.when, returns="bool")
    except ExpressionError as error:
        for wrong in error.diagnostics:
            yield Problem(f"{path}/when", wrong.message, wrong.suggestion, wrong.line, wrong.column)
    for field in ("title", "statement", "message_to_human", "message_to_agent"):
        yield from _sentence_problems(getattr(rule, field), f"{path}/{field}", names)


def _approval_problems(rule: RuleSpec, path: str) -> Iterator[Problem]:
    place, asked = f"{path}/approval", rule.approval
    if asked is None:
        if rule.effect == "require_approval":
            yield Problem(place, "say who is asked: role, group or users")
    elif rule.effect != "require_approval":
        yield Problem(place, f"nobody is asked when the effect is {rule.effect}", "effect: require_approval")
    elif not (asked.role or asked.group or asked.users):
        yield Problem(place, "name who is asked: role, group or users")
    elif not (asked.role or asked.group) and len(asked.stage.users) < asked.n_required:
        yield Problem(f"{place}/n_required", "there are fewer users than must agree")


def _value_problems(rule: RuleSpec, path: str) -> Iterator[Problem]:
    for name, param in rule.params.items():
        is_bool = isinstance(param.value, bool)
        if not isinstance(param.value, _VALUES[param.type]) or is_bool != (param.type == "bool"):
            at = f"{path}/params{pointer([name])}/value"
            yield Problem(at, f"is {type(param.value).__name__}, but the type is {param.type}")


def _sentence_problems(text: str, path: str, names: Mapping[str, str]) -> Iterator[Problem]:
    for name, offset in names_in(text):
        parts = name.split(".")
        inside_map = any(names.get(".".join(parts[:end])) == "map" for end in range(1, len(parts)))
        if name not in names and not inside_map:
            close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
            line = text.count("\n", 0, offset) + 1
            column = offset - text.rfind("\n", 0, offset)
            yield Problem(path, f"unknown name {name}", close[0] if close else None, line, column)
