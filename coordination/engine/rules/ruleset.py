"""Rules compiled once, judged many times."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from coordination.engine.cel import Activation, EvaluationError, ExpressionError, environment
from coordination.engine.rules.combine import Effect, Match, Reason, ReasonCode
from coordination.engine.rules.derived import derived, rests_on
from coordination.engine.rules.facts import FACTS
from coordination.engine.rules.hooks import HOOKS, hooks_of
from coordination.engine.rules.limits import Limit
from coordination.engine.rules.redacting import Redaction
from coordination.engine.rules.scope import EVERYTHING, Exemption, Scope
from coordination.engine.rules.stages import Chain, Stage
from coordination.engine.rules.wording import fill, names_in

Mode = Literal["off", "shadow", "enforced"]
# All rules together may take two seconds; what is judged later than that could not be decided in time.
MAX_MICROS = 2_000_000
_SOON = 16
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
    scope: Scope = EVERYTHING
    exemptions: tuple[Exemption, ...] = ()
    limit: Limit | None = None
    redaction: Redaction | None = None
    mode: Mode = "enforced"
    # Where several stages are asked, one after the other.
    chain: Chain = ()
    # What an error means: it denies, or (open) the rule has nothing to say.
    fails_open: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """A stored policy that can no longer be read; whatever it might have said, it denies."""

    policy: str
    version: int
    error: str


class Result(NamedTuple):
    """What one rule said, and how long it took; `exempt` says why it does not hold although its condition does."""

    policy: str
    version: int
    rule: str
    result: bool | None
    micros: int
    error: str = ""
    exempt: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the result as a decision keeps it."""
        said = "error" if self.result is None else self.result
        kept: dict[str, Any] = {"policy": self.policy, "version": self.version, "rule": self.rule, "result": said}
        kept["micros"] = self.micros
        if self.error:
            kept["error"] = self.error
        if self.exempt:
            kept["exempt"] = self.exempt
        return kept


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    # None where the rule is about everything.
    scope: Scope | None
    # Raises EvaluationError, always where the condition does not compile.
    evaluate: Callable[[Activation], bool]
    params: Mapping[str, Any]
    # What follows where nothing has to be filled into the rule's words.
    match: Match | None
    # What it says where it does not hold, by the microseconds that took: most rules mostly don't, and soon.
    missed: tuple[Result, ...]


def params_environment(params: Mapping[str, str], container: str = "") -> dict[str, str]:
    """Return the variables that a rule may name: the facts and its own parameters (name → type)."""
    prefix = f"{container}." if container else ""
    return {**FACTS, **{f"{prefix}params.{name}": PARAM_TYPES[kind] for name, kind in params.items()}}


class RuleSet:
    """Rules that are judged together, compiled once."""

    def __init__(self, rules: Iterable[Rule | Broken]) -> None:
        """Compile the rules that are enforced; one that does not compile stays, and denies what it would have judged.

        A rule that is off or in shadow has no say here.
        """
        given = [*rules]
        self._broken = [rule for rule in given if isinstance(rule, Broken)]
        enforced = [rule for rule in given if isinstance(rule, Rule) and rule.mode == "enforced"]
        compiled = [_compile(rule, f"r{at}") for at, rule in enumerate(enforced)]
        self._of_hook = {
            hook: tuple(entry for entry in compiled if hook in hooks_of(entry.rule.hooks)) for hook in HOOKS
        }
        self._names_of = {
            hook: frozenset[str]().union(*(_names_read(entry.rule, hook) for entry in entries))
            for hook, entries in self._of_hook.items()
        }
        # Every rule has parameters of its own, yet all rules share one activation: each compiled in its own container.
        params = {
            f"r{at}.params.{name}": parameter
            for at, rule in enumerate(enforced)
            for name, parameter in rule.params.items()
        }
        kinds = {name: PARAM_TYPES[parameter.type] for name, parameter in params.items()}
        self._names = environment({**FACTS, **kinds})
        self._values = {name: parameter.value for name, parameter in params.items()}

    def names_read_at(self, hook: str) -> frozenset[str]:
        """Return the facts that rules of the hook read, or a few more: nothing else can change what they say."""
        return self._names_of.get(hook, frozenset())

    def speaks_at(self, hook: str) -> bool:
        """Tell whether any rule has a say at the hook."""
        return bool(self._broken or self._of_hook.get(hook))

    def judge(self, facts: Mapping[str, Any], nanoseconds: Callable[[], int]) -> tuple[list[Result], list[Match]]:
        """Return what each rule of the hook says, and the matches among them; an error is a match that denies.

        Rules whose scope the act is not in say nothing.
        """
        results = [Result(broken.policy, broken.version, "", None, 0, broken.error) for broken in self._broken]
        matches = [Match(policy_error(broken.policy, broken.version, "", broken.error)) for broken in self._broken]
        hook = str(facts.get("hook"))
        entries = self._of_hook.get(hook, ())
        if not entries:
            return results, matches
        wanted = self._names_of[hook]
        facts = derived(facts, wanted)
        values = {name: facts[name] for name in wanted if name in facts}
        activation = self._names.activation({**values, **self._values})
        # One look at the clock for each rule: where one ends, the next begins. This is on the path of every step.
        before = nanoseconds()
        latest = before + MAX_MICROS * 1_000
        for entry in entries:
            if entry.scope is not None and not entry.scope.covers(facts):
                continue
            held: bool | None = None
            error = ""
            try:
                if before <= latest:
                    held = entry.evaluate(activation)
            except EvaluationError as problem:
                error = str(problem)[:500]
            after = nanoseconds()
            if after > latest:
                held, error = None, "the rules took longer than they may"
            micros = (after - before) // 1000
            before = after
            if held is False and micros < _SOON:
                results.append(entry.missed[micros])
                continue
            result, match = _follows(entry, _result(entry.rule, held, micros, error), facts)
            results.append(result)
            if match is not None:
                matches.append(match)
            before = nanoseconds()
        return results, matches


_WORD = re.compile(r"[A-Za-z_]\w*")


def _names_read(rule: Rule, hook: str) -> frozenset[str]:
    """Return the facts that a rule may read: those all of whose parts occur in it, in whatever way they are written."""
    words = {*_WORD.findall(rule.when)}
    words.update(part for text in _sentences(rule) for name, _ in names_in(text) for part in name.split("."))
    named = {name for name in FACTS if words.issuperset(name.split("."))}
    if rule.limit is not None:
        named.update(rule.limit.reads)
    if HOOKS[hook].redacts and rule.redaction is not None:
        named.add(HOOKS[hook].redacts)
    return frozenset(named) | rests_on(named, hook)


def _sentences(rule: Rule) -> tuple[str, ...]:
    return rule.title, rule.statement, rule.message_to_human, rule.message_to_agent


def _compile(rule: Rule, container: str) -> _Compiled:
    params = {f"params.{name}": parameter.value for name, parameter in rule.params.items()}
    kinds = {name: parameter.type for name, parameter in rule.params.items()}
    names = environment(params_environment(kinds, container), container=container)
    evaluate: Callable[[Activation], bool]
    try:
        evaluate = names.compile(rule.when, returns="bool").evaluate_in
    except ExpressionError as error:
        evaluate = _raising(f"does not compile: {error}")
    return _Compiled(
        rule,
        None if rule.scope == EVERYTHING else rule.scope,
        evaluate,
        params,
        None if any("${" in text for text in _sentences(rule)) else _match(rule, {}),
        tuple(_result(rule, False, micros) for micros in range(_SOON)),
    )


def _result(rule: Rule, held: bool | None, micros: int, error: str = "") -> Result:
    return Result(rule.policy, rule.version, rule.key, held, micros, error)


def _raising(error: str) -> Callable[[Activation], bool]:
    def evaluate(_: Activation) -> bool:
        raise EvaluationError(error)

    return evaluate


def _follows(entry: _Compiled, result: Result, facts: Mapping[str, Any]) -> tuple[Result, Match | None]:
    """Return what one rule says, and the match if it comes to one."""
    rule = entry.rule
    if result.result is False:
        return result, None
    if result.result is None:
        error = policy_error(result.policy, result.version, result.rule, result.error)
        return result, None if rule.fails_open else Match(error)
    exempt = next((one for one in rule.exemptions if one.covers(facts)), None)
    if exempt is not None:
        why = f"{exempt.reason} (until {exempt.until:%Y-%m-%d %H:%M}, approved by {exempt.approved_by})"
        return result._replace(exempt=why), None
    return result, entry.match or _match(rule, {**facts, **entry.params})


def _match(rule: Rule, values: Mapping[str, Any]) -> Match:
    statement = fill(rule.statement, values)
    reason = Reason(
        policy=rule.policy,
        version=rule.version,
        rule=rule.key,
        effect=rule.effect,
        title=rule.title or rule.key,
        message=fill(rule.message_to_human, values) or statement,
        statement=statement,
        message_to_agent=fill(rule.message_to_agent, values) or statement,
    )
    return Match(reason, rule.stage, rule.limit, rule.redaction, chain=rule.chain)


def policy_error(policy: str, version: int, rule: str, error: str) -> Reason:
    """Return the denial of a rule that could not be decided."""
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
