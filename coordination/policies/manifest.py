"""What a manifest of kind Policy may say, and everything that can be wrong with it."""

import difflib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from coordination.engine.cel import ExpressionError, environment
from coordination.engine.duration import seconds
from coordination.engine.manifest import Name, Problem, Spec, pointer, problems
from coordination.engine.rules.combine import Effect
from coordination.engine.rules.facts import FACTS
from coordination.engine.rules.hooks import HOOKS
from coordination.engine.rules.redacting import Redaction
from coordination.engine.rules.ruleset import Parameter, Rule, params_environment
from coordination.engine.rules.wording import names_in
from coordination.policies.parts import (
    ApprovalSpec,
    ExampleSpec,
    ExceptionSpec,
    LimitSpec,
    ParameterSpec,
    RedactSpec,
    ScopeSpec,
    StageSpec,
    Text,
)
from coordination.shared.clock import now

__all__ = ["ApprovalSpec", "ExampleSpec", "ExceptionSpec", "LimitSpec", "ParameterSpec", "PolicySpec", "RedactSpec",
           "RuleSpec", "ScopeSpec", "problems_of", "rule_of"]  # fmt: skip

LONGEST_EXCEPTION = timedelta(days=30)
_COUNTABLE = ("string", "int", "bool")
_VALUES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "double": (int, float),
    "bool": (bool,),
    "list": (list,),
}


class RuleSpec(Spec):
    """One rule: a sentence for people, a condition for the machine, and what follows when it holds."""

    key: Name
    title: Text = ""
    statement: Annotated[str, Field(min_length=1, max_length=2_000)] = Field(
        description="The rule in one plain sentence; ${params.NAME} and ${FACT} are filled in."
    )
    hooks: list[
        Literal[
            "run.start",
            "agent.call",
            "action",
            "tool.call",
            "data.access",
            "memory.read",
            "memory.write",
            "message",
            "step.result",
            "agent.change",
            "policy.change",
        ]
    ] = Field(default=["action"], min_length=1)
    scope: ScopeSpec = ScopeSpec()
    when: str = Field(description="A CEL condition over the facts and this rule's params.")
    effect: Literal["deny", "require_approval", "limit", "redact", "warn", "allow"]
    approval: ApprovalSpec | None = None
    limit: LimitSpec | None = None
    redact: RedactSpec | None = None
    params: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], ParameterSpec] = {}
    message_to_agent: Text = ""
    message_to_human: Text = ""
    severity: Literal["low", "medium", "high", "critical"] = "medium"
    failure_policy: Literal["closed", "open"] = Field(
        default="closed", description="What an error means: the act is denied, or this rule has nothing to say."
    )
    mode: Literal["off", "shadow", "enforced"] = Field(
        default="enforced", description="In shadow the rule is judged and noted, and decides nothing."
    )
    owner: Annotated[str, Field(max_length=150)] = ""
    review_by: date | None = None
    tags: list[str] = []
    exceptions: Annotated[list[ExceptionSpec], Field(max_length=100)] = []
    tests: Annotated[list[ExampleSpec], Field(max_length=100)] = []


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
        stage=asked.stage if asked and not asked.stages else None,
        chain=asked.chain if asked else (),
        params={name: Parameter(param.type, param.value) for name, param in spec.params.items()},
        message_to_human=spec.message_to_human,
        message_to_agent=spec.message_to_agent,
        scope=spec.scope.scope,
        exemptions=tuple(exception.exemption for exception in spec.exceptions),
        limit=spec.limit.limit if spec.limit else None,
        redaction=_redaction(policy, spec),
        mode=spec.mode,
        fails_open=spec.failure_policy == "open",
    )


def _redaction(policy: str, spec: RuleSpec) -> Redaction | None:
    if spec.redact is None:
        return None
    return Redaction(policy, spec.key, tuple(spec.redact.fields), tuple(spec.redact.patterns))


def _problems_in(rule: RuleSpec, path: str) -> Iterator[Problem]:
    yield from _approval_problems(rule, path)
    yield from _limit_problems(rule, path)
    yield from _redact_problems(rule, path)
    yield from _exception_problems(rule, path)
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
    elif asked.stages and asked.names_someone:
        yield Problem(place, "name who is asked here or in stages, not in both")
    elif asked.stages:
        for at, stage in enumerate(asked.stages):
            yield from _stage_problems(stage, f"{place}/stages/{at}")
    else:
        yield from _stage_problems(asked, place)
    if rule.effect == "require_approval":
        for at, hook in enumerate(rule.hooks):
            if not HOOKS[hook].may_ask:
                yield Problem(f"{path}/hooks/{at}", f"nobody can be asked {HOOKS[hook].title}; deny it instead")


def _stage_problems(asked: StageSpec, place: str) -> Iterator[Problem]:
    if not asked.names_someone:
        yield Problem(place, "name who is asked: role, group or users")
    elif not (asked.role or asked.group) and len(asked.stage.users) < asked.n_required:
        yield Problem(f"{place}/n_required", "there are fewer users than must agree")


def _limit_problems(rule: RuleSpec, path: str) -> Iterator[Problem]:
    place = f"{path}/limit"
    if rule.limit is None:
        if rule.effect == "limit":
            yield Problem(place, "say how much is allowed: max and per")
        return
    if rule.effect != "limit":
        yield Problem(place, f"nothing is counted when the effect is {rule.effect}", "effect: limit")
    if seconds(rule.limit.per) < 1:
        yield Problem(f"{place}/per", "the shortest time is a second")
    for at, name in enumerate(rule.limit.by):
        if FACTS.get(name) not in _COUNTABLE:
            known = [fact for fact, kind in FACTS.items() if kind in _COUNTABLE]
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
            what = f"{name} is not a single value" if name in FACTS else f"unknown name {name}"
            yield Problem(f"{place}/by/{at}", what, close[0] if close else None)


def _redact_problems(rule: RuleSpec, path: str) -> Iterator[Problem]:
    place, wanted = f"{path}/redact", rule.redact
    if wanted is None:
        if rule.effect == "redact":
            yield Problem(place, "say what is taken out: fields or patterns")
        return
    if rule.effect != "redact":
        yield Problem(place, f"nothing is taken out when the effect is {rule.effect}", "effect: redact")
    if not (wanted.fields or wanted.patterns):
        yield Problem(place, "name what is taken out: fields or patterns")
    for at, hook in enumerate(rule.hooks):
        if not HOOKS[hook].redacts:
            yield Problem(f"{path}/hooks/{at}", f"there is nothing to take out {HOOKS[hook].title}")


def _exception_problems(rule: RuleSpec, path: str) -> Iterator[Problem]:
    latest = now() + LONGEST_EXCEPTION
    for at, exception in enumerate(rule.exceptions):
        place = f"{path}/exceptions/{at}"
        if exception.until > latest:
            most = f"{LONGEST_EXCEPTION.days} days from now"
            yield Problem(f"{place}/until", f"an exception ends within {most}: by {latest:%Y-%m-%d %H:%M} UTC")
        if exception.scope == ScopeSpec():
            yield Problem(f"{place}/scope", "say what is excepted: workflows, agents, roles or actions")


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
