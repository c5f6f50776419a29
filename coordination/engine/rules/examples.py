"""Unit tests kept with a rule: facts that are given, whether the rule should hold, and why it said otherwise."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from coordination.engine import mistakes
from coordination.engine.cel import EvaluationError, environment
from coordination.engine.moment import moment
from coordination.engine.rules.clauses import clauses, names_in_clause
from coordination.engine.rules.facts import FACTS, complete
from coordination.engine.rules.hooks import hooks_of
from coordination.engine.rules.ruleset import Rule, RuleSet, params_environment
from coordination.engine.rules.wording import fill

# A test that does not say when it is is asked on this Monday at noon, whenever it runs.
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
_MOST_NAMED = 6
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "int": (int,),
    "double": (int, float),
    "bool": (bool,),
    "map": (dict,),
    "timestamp": (str, datetime),
}


@dataclass(frozen=True, slots=True)
class Example:
    """One test: with these facts the rule should hold, or should not."""

    title: str
    given: Mapping[str, Any]
    expected: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a test; `held` is None when the rule could not be decided or was never asked."""

    example: Example
    held: bool | None
    why: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether the rule said what the test expects."""
        return self.held is self.example.expected


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a fact that a test gives, and what was probably meant."""

    fact: str
    message: str
    suggestion: str | None = None


def try_out(rule: Rule, examples: Iterable[Example]) -> list[Tried]:
    """Return what comes of each test of a rule; whether the rule is enforced and who is excepted play no part."""
    bare = replace(rule, exemptions=(), mode="enforced")
    rules = RuleSet([bare])
    return [_tried(bare, rules, example) for example in examples]


def missing(examples: Sequence[Example]) -> list[bool]:
    """Return what no test expects: a rule needs one in which it holds and one in which it does not."""
    return [expected for expected in (True, False) if not any(one.expected is expected for one in examples)]


def mistakes_in(given: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield each fact of a test that is not one, or whose value is of another type."""
    for name, value in given.items():
        if name not in FACTS:
            yield Mistake(name, f"{name} is not a fact", mistakes.closest(name, FACTS))
        elif not _is_a(FACTS[name], value):
            yield Mistake(name, f"{name} is a {FACTS[name]}, not {_shown(value)}")


def _tried(rule: Rule, rules: RuleSet, example: Example) -> Tried:
    wrong = next(mistakes_in(example.given), None)
    if wrong is not None:
        meant = f"; did you mean {wrong.suggestion}?" if wrong.suggestion else "."
        return Tried(example, None, f"The test cannot be run: {wrong.message}{meant}")
    facts = _facts(rule, example.given)
    if facts["hook"] not in hooks_of(rule.hooks):
        asked = ", ".join(sorted(hooks_of(rule.hooks)))
        return Tried(example, None, f"The rule is not asked at {facts['hook']}, only at {asked}.")
    results, _ = rules.judge(facts, lambda: 0)
    result = next((one for one in results if one.rule == rule.key), None)
    if result is not None and result.result is None:
        return Tried(example, None, f"The rule could not be decided: {result.error}.")
    held = bool(result and result.result)
    return Tried(example, held, "" if held is example.expected else _blamed(rule, facts, held))


def _facts(rule: Rule, given: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: float(value) if FACTS[name] == "double" else value for name, value in given.items() if name != "now"}
    known.setdefault("hook", min(rule.hooks))
    now = given.get("now", NOON)
    return complete(known, moment(now) if isinstance(now, str) else now)


def _blamed(rule: Rule, facts: Mapping[str, Any], held: bool) -> str:
    """Return which part of the condition, with which values, made the rule say what the test does not expect."""
    params = {f"params.{name}": parameter.value for name, parameter in rule.params.items()}
    names = params_environment({name: parameter.type for name, parameter in rule.params.items()})
    known = {**facts, **params}
    parts = clauses(rule.when)
    if held:
        return f"It holds: {_values(names, parts, known)}."
    compiled = environment(names)
    for part in parts:
        try:
            if compiled.compile(part, returns="bool").evaluate(known) is not True:
                return f"It does not hold, for {' '.join(part.split())} is false: {_values(names, [part], known)}."
        except EvaluationError:
            break
    return "It does not hold: the test's facts are outside of the rule's scope."


def _values(names: Mapping[str, str], parts: Iterable[str], known: Mapping[str, Any]) -> str:
    found = list(dict.fromkeys(name for part in parts for name in names_in_clause(part, names)))
    said = [f"{name} is {fill(f'${{{name}}}', known) or 'empty'}" for name in found[:_MOST_NAMED]]
    return ", ".join(said) or "it names no fact"


def _is_a(kind: str, value: Any) -> bool:
    if kind == "timestamp" and isinstance(value, str):
        try:
            moment(value)
        except ValueError:
            return False
        return True
    if kind.startswith("list("):
        return isinstance(value, list) and all(_is_a(kind[5:-1], item) for item in value)
    if isinstance(value, bool):
        return kind in ("bool", "dyn")
    return kind == "dyn" or isinstance(value, _KINDS[kind])


def _shown(value: Any) -> str:
    return f'"{value[:40]}"' if isinstance(value, str) else str(value)[:40]
