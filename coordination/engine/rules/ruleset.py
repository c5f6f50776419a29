"""Rules compiled once, judged many times."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from coordination.engine.cel import Activation, EvaluationError, ExpressionError, Program, environment
from coordination.engine.rules.combine import Effect, Match, Reason, ReasonCode, Stage
from coordination.engine.rules.facts import FACTS, HOOKS
from coordination.engine.rules.wording import fill

PARAM_TYPES: Mapping[str, str] = {
    "string": "string",
    "int": "int",
    "double": "double",
    "bool": "bool",
    "list": "list(string)",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A threshold that can be changed without touching the condition."""

    type: str
    value: Any


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of an enforced version of a policy."""

    policy: str
    version: int
    key: str
    title: str
    statement: str
    when: str
    effect: Effect
    hooks: frozenset[str]
    stage: Stage | None = None
    params: Mapping[str, Parameter] = field(default_factory=dict)
    message_to_human: str = ""
    message_to_agent: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A stored policy that can no longer be read; whatever it might have said, it denies."""

    policy: str
    version: int
    error: str


class Result(NamedTuple):
    """What one rule said, and how long it took."""

    policy: str
    version: int
    rule: str
    result: bool | None
    micros: int
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the result as a decision keeps it."""
        said = "error" if self.result is None else self.result
        kept: dict[str, Any] = {"policy": self.policy, "version": self.version, "rule": self.rule, "result": said}
        kept["micros"] = self.micros
        if self.error:
            kept["error"] = self.error
        return kept


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    program: Program | None
    params: Mapping[str, Any]
    error: str = ""


def params_environment(params: Mapping[str, str], container: str = "") -> dict[str, str]:
    """Return the variables that a rule may name: the facts and its own parameters (name → type)."""
    prefix = f"{container}." if container else ""
    return {**FACTS, **{f"{prefix}params.{name}": PARAM_TYPES[kind] for name, kind in params.items()}}


class RuleSet:
    """All rules that an organization enforces, ready to be judged."""

    def __init__(self, rules: Iterable[Rule | Broken]) -> None:
        """Compile the rules; one that does not compile stays, and denies whatever it would have judged."""
        rules = list(rules)
        self._broken = [rule for rule in rules if isinstance(rule, Broken)]
        compiled = [_compile(rule, f"r{at}") for at, rule in enumerate(rules) if isinstance(rule, Rule)]
        self._of_hook = {hook: [entry for entry in compiled if hook in entry.rule.hooks] for hook in HOOKS}
        # Every rule has parameters of its own, yet all rules share one activation: each compiled in its own container.
        self._params = {
            f"r{at}.params.{name}": parameter
            for at, rule in enumerate(rules)
            if isinstance(rule, Rule)
            for name, parameter in rule.params.items()
        }
        kinds = {name: PARAM_TYPES[parameter.type] for name, parameter in self._params.items()}
        self._names = environment({**FACTS, **kinds})
        self._values = {name: parameter.value for name, parameter in self._params.items()}

    def judge(self, facts: Mapping[str, Any], nanoseconds: Callable[[], int]) -> tuple[list[Result], list[Match]]:
        """Return what each rule of the hook says, and the matches among them; an error is a match that denies."""
        results = [Result(broken.policy, broken.version, "", None, 0, broken.error) for broken in self._broken]
        matches = [Match(_policy_error(broken.policy, broken.version, "", broken.error)) for broken in self._broken]
        entries = self._of_hook.get(str(facts.get("hook")), [])
        activation = self._names.activation({**facts, **self._values})
        for entry in entries:
            result = _evaluate(entry, activation, nanoseconds)
            results.append(result)
            if result.result is None:
                matches.append(Match(_policy_error(result.policy, result.version, result.rule, result.error)))
            elif result.result:
                matches.append(_match(entry, facts))
        return results, matches


def _compile(rule: Rule, container: str) -> _Compiled:
    params = {f"params.{name}": parameter.value for name, parameter in rule.params.items()}
    kinds = {name: parameter.type for name, parameter in rule.params.items()}
    names = environment(params_environment(kinds, container), container=container)
    try:
        return _Compiled(rule, names.compile(rule.when, returns="bool"), params)
    except ExpressionError as error:
        return _Compiled(rule, None, params, f"does not compile: {error}")


def _evaluate(entry: _Compiled, activation: Activation, nanoseconds: Callable[[], int]) -> Result:
    rule = entry.rule
    if entry.program is None:
        return Result(rule.policy, rule.version, rule.key, None, 0, entry.error)
    before = nanoseconds()
    value: bool | None = None
    error = ""
    try:
        value = entry.program.evaluate_in(activation)
    except EvaluationError as problem:
        error = str(problem)[:500]
    return Result(rule.policy, rule.version, rule.key, value, (nanoseconds() - before) // 1000, error)


def _match(entry: _Compiled, facts: Mapping[str, Any]) -> Match:
    rule = entry.rule
    values = {**facts, **entry.params}
    statement = fill(rule.statement, values)
    return Match(
        Reason(
            policy=rule.policy,
            version=rule.version,
            rule=rule.key,
            effect=rule.effect,
            title=rule.title or rule.key,
            message=fill(rule.message_to_human, values) or statement,
            statement=statement,
            message_to_agent=fill(rule.message_to_agent, values) or statement,
        ),
        rule.stage,
    )


def _policy_error(policy: str, version: int, rule: str, error: str) -> Reason:
    return cannot_decide(f"The rule {rule or 'set'} of {policy} could not be decided ({error}).", policy, version, rule)


def cannot_decide(why: str, policy: str = "default", version: int = 0, rule: str = "") -> Reason:
    """Return the reason of a denial that is due to an error: what cannot be decided does not happen."""
    code: ReasonCode = "policy-error"
    return Reason(
        policy=policy,
        version=version,
        rule=rule or code,
        effect=Effect.DENY,
        title="The policies could not be decided",
        message=f"{why} Nothing happens until that is corrected.",
        statement="What cannot be decided does not happen.",
        message_to_agent="This was refused because a policy could not be decided. A person must look.",
        code=code,
    )
