"""CEL as policies and workflows use it: strict about types, friendly about numbers, clear about mistakes."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from coordination.engine.cel import EvaluationError, ExpressionError, environment

NAMES = environment(
    {
        "hook": "string",
        "agent.name": "string",
        "agent.authority": "int",
        "agent.labels": "list(string)",
        "action.amount": "double",
        "action.args": "map",
        "confidence": "double",
        "active": "bool",
        "facts": "map",
        "anything": "dyn",
        "now": "timestamp",
        "params.limit": "double",
        "params.tools": "list(string)",
    }
)
VALUES: dict[str, Any] = {
    "hook": "action",
    "agent.name": "writer",
    "agent.authority": 3,
    "agent.labels": ["team=support", "new"],
    "action.amount": 120.0,
    "action.args": {"order": "A-17", "lines": [{"sku": "x", "n": 2}, {"sku": "y", "n": 1}]},
    "confidence": 0.62,
    "active": True,
    "facts": {"intent": "refund", "count": 3, "share": 0.5, "none": None, "yes": True, "list": [1, 2], "in": {"a": 1}},
    "anything": {"a": [1, {"b": "c"}]},
    "now": datetime(2026, 3, 1, 14, 30, tzinfo=UTC),
    "params.limit": 100,
    "params.tools": ["payments.refund", "outbox.send"],
}


def evaluate(text: str, **changes: Any) -> Any:
    return NAMES.compile(text).evaluate({**VALUES, **changes})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # Logic and text
        ("true", True),
        ("active && !active", False),
        ("active || 1 / 0 == 1", True),
        ("hook == 'action'", True),
        ('hook != "agent.call"', True),
        ("agent.name.startsWith('wri') && agent.name.endsWith('er')", True),
        ("agent.name.contains('x')", False),
        ("agent.name.matches('^w[a-z]+$')", True),
        ("agent.name + '!' == 'writer!'", True),
        ("size(agent.name) == 6", True),
        ("agent.name < 'zebra'", True),
        ("hook == 'action' ? 'a' : 'b'", "a"),
        ("'é' == '\\u00e9'", True),
        # Numbers: int and double meet wherever a person would expect it
        ("action.amount > 100", True),
        ("100 < action.amount", True),
        ("action.amount >= 120", True),
        ("action.amount <= -1", False),
        ("-action.amount < -100", True),
        ("action.amount == 120", True),
        ("action.amount != 120", False),
        ("action.amount > params.limit", True),
        ("action.amount > agent.authority", True),
        ("agent.authority == 3.0", True),
        ("agent.authority > 2.5", True),
        ("agent.authority + 1 == 4", True),
        ("agent.authority + 0.5", 3.5),
        ("0.5 + agent.authority", 3.5),
        ("action.amount * 2", 240.0),
        ("agent.authority * 1.5", 4.5),
        ("action.amount - 20 == params.limit", True),
        ("action.amount / 2 == 60", True),
        ("7 / 2", 3),
        ("7 % 4", 3),
        ("agent.authority in [1, 2, 3]", True),
        ("action.amount in [100, 120]", True),
        ("agent.authority in [3.0]", True),
        ("0.7 > confidence", True),
        ("double(agent.authority) / 4.0", 0.75),
        ("int(action.amount)", 120),
        ("9223372036854775807 > 0", True),
        # Facts, whose types are only known when they come
        ("facts.count > 2", True),
        ("facts.count > 2.5", True),
        ("facts.count == 3.0", True),
        ("facts.count * 1.5", 4.5),
        ("facts.share + 1", 1.5),
        ("1 - facts.share", 0.5),
        ("facts.count + facts.share", 3.5),
        ("facts.intent in ['refund', 'credit']", True),
        ("facts.yes", True),
        ("facts.none == null", True),
        ("has(facts.missing)", False),
        ("has(facts.missing) && facts.missing > 1", False),
        ("facts['in']['a'] == 1", True),
        ("facts.list[1]", 2),
        ("2 in facts.list", True),
        ("'intent' in facts", True),
        ("anything.a[1].b", "c"),
        ("facts.intent == 3", False),
        # Lists and maps
        ("'new' in agent.labels", True),
        ("agent.labels.exists(l, l.startsWith('team='))", True),
        ("agent.labels.all(l, size(l) > 3)", False),
        ("agent.labels.exists_one(l, l == 'new')", True),
        ("agent.labels.filter(l, l == 'new')", ["new"]),
        ("agent.labels.map(l, l + '!')[1]", "new!"),
        ("agent.labels + ['x'] == ['team=support', 'new', 'x']", True),
        ("action.args.lines.exists(line, line.n > 1)", True),
        ("size(action.args.lines) == 2", True),
        ("{'a': 1}", {"a": 1}),
        ("{1: 2}", {"1": 2}),
        ("[1, 'a', null]", [1, "a", None]),
        # Times
        ("now > timestamp('2026-01-01T00:00:00Z')", True),
        ("now - duration('1h') < now", True),
        ("now.getHours() >= 9 && now.getHours() < 17", True),
        ("now.getHours('America/New_York')", 9),
        ("now.getDayOfWeek() in [0, 6]", True),
        ("now", "2026-03-01T14:30:00+00:00"),
        ("now - timestamp('2026-03-01T14:00:00Z')", "1800s"),
        # Types
        ("type(agent.authority) == int", True),
        ("string(agent.authority) + '%'", "3%"),
        ("b'abc'", "YWJj"),
    ],
)
def test_it_gives(text: str, value: object) -> None:
    assert evaluate(text) == value
    assert type(evaluate(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "suggestion"),
    [
        ("agent.nmae == 'x'", 1, 1, "unknown name agent.nmae", "agent.name"),
        ("active &&\n  confidense < 0.5", 2, 3, "unknown name confidense", "confidence"),
        ("params.limmit > 1", 1, 1, "unknown name params.limmit", "params.limit"),
        ("zebra", 1, 1, "unknown name zebra", None),
        ("agent.name.startWith('a')", 1, 12, "unknown function startWith", "startsWith"),
        ("agent.labels.exists(l)", 1, 14, "exists takes other arguments", None),
        ("agent.authority > '3'", 1, 17, "> does not work with (int, string)", None),
        ("agent.name == 3", 1, 12, "== does not work with (string, int)", None),
        ("agent.name + 1", 1, 12, "+ does not work with (string, int)", None),
        ("agent.name in [1]", 1, 12, "in does not work with (string, list(int))", None),
        ("active &&", 1, 10, "the expression ends too early", None),
        ("(active", 1, 8, ") is missing at the end", None),
        ("active active", 1, 8, "unexpected active", None),
        ("active = true", 1, 8, "unexpected =", None),
        ("", 1, 1, "there is no expression", None),
        (" \n ", 1, 1, "there is no expression", None),
        ("1 +" * 1_400, 1, 1, "an expression may have at most 4000 characters", None),
        ("(" * 200 + "1" + ")" * 200, 1, 1, "the expression is nested too deeply; 32 levels are the most", None),
        ("9223372036854775808 > 0", 1, 1, "invalid int literal", None),
    ],
)
def test_it_says_where_and_what_was_meant(
    text: str, line: int, column: int, message: str, suggestion: str | None
) -> None:
    with pytest.raises(ExpressionError) as caught:
        NAMES.compile(text)

    found = [(d.message, d.line, d.column, d.suggestion) for d in caught.value.diagnostics]
    assert (message, line, column, suggestion) in found


def test_all_mistakes_come_at_once() -> None:
    with pytest.raises(ExpressionError) as caught:
        NAMES.compile("agent.nmae == 'x' &&\n confidense > 1 && fcats.x")

    assert [d.suggestion for d in caught.value.diagnostics] == ["agent.name", "confidence", "facts"]


@pytest.mark.parametrize("text", ["hook", "agent.authority", "[true]", "has(agent.name)", "null", "now"])
def test_a_condition_of_another_type_does_not_compile(text: str) -> None:
    with pytest.raises(ExpressionError, match="but bool is needed here"):
        NAMES.compile(text, returns="bool")


def test_a_condition_whose_type_is_known_only_when_it_runs_must_then_be_one() -> None:
    assert NAMES.compile("facts.yes", returns="bool").evaluate(VALUES) is True
    with pytest.raises(EvaluationError, match="gives string, but bool is needed here"):
        NAMES.compile("facts.intent", returns="bool").evaluate(VALUES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("facts.missing", 'there is no "missing"'),
        ("facts.missing == 1", 'there is no "missing"'),
        ("facts.list[5]", "there is no item 5 in a list of 2"),
        ("facts.intent > 1", "> does not work with"),
        ("facts.intent + 1", "does not work with"),
        ("1 / 0", "divide by zero"),
        ("action.amount / 0", "division by zero"),
        ("9223372036854775807 + 1", "overflow"),
        ("0.0 / 0.0", "JSON cannot say"),
        ("1e999", "JSON cannot say"),
        ("type(1)", "JSON cannot say"),
        ("agent.name.matches('[')", "regular expression"),
        ("timestamp('yesterday') < now", "yesterday"),
        ("int(agent.name)", ""),
    ],
)
def test_it_has_no_value(text: str, message: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        evaluate(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [Decimal("1"), uuid.uuid4(), {1, 2}, (1, 2), object(), 2**64, -(2**63) - 1, "\ud800", float("nan"), {None: 1}],
)
@pytest.mark.parametrize("place", ["itself", "inside"])
def test_a_value_that_json_does_not_have_is_an_error(value: object, place: str) -> None:
    with pytest.raises(EvaluationError):
        evaluate("anything", anything=value if place == "itself" else {"a": [value]})


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("agent.authority > 1", {"agent.authority": "3"}),
        ("agent.authority > 1", {"agent.authority": 2.5}),
        ("agent.name == 'x'", {"agent.name": None}),
        ("facts.x == 1", {"facts": [1]}),
        ("active", {"active": 1}),
    ],
)
def test_a_value_of_another_type_than_declared_is_an_error(text: str, changes: dict[str, Any]) -> None:
    with pytest.raises(EvaluationError):
        evaluate(text, **changes)


def test_a_variable_without_a_value_is_an_error_only_where_it_matters() -> None:
    program = NAMES.compile("active || agent.name == 'x'")

    assert program.evaluate({"active": True}) is True
    with pytest.raises(EvaluationError, match=r"agent.name has no value here"):
        program.evaluate({"active": False})


def test_what_runs_away_is_stopped() -> None:
    many = list(range(200))

    with pytest.raises(EvaluationError):
        evaluate("facts.l.all(a, facts.l.all(b, facts.l.all(c, a + b + c >= 0)))", facts={"l": many})


def test_what_is_nested_beyond_reason_is_an_error() -> None:
    nested: list[Any] = []
    for _ in range(2_000):
        nested = [nested]

    with pytest.raises(EvaluationError, match="nested too deeply"):
        evaluate("anything", anything=nested)


def test_threads_share_a_program() -> None:
    program = NAMES.compile("agent.authority * 1.5 > params.limit || facts.count + 0.5 == 3.5")

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: program.evaluate(VALUES), range(2_000)))

    assert found == [True] * 2_000


def test_programs_with_names_of_their_own_share_one_activation() -> None:
    facts = {"action.amount": "double"}
    small = environment({**facts, "r1.params.limit": "double"}, container="r1").compile("action.amount > params.limit")
    large = environment({**facts, "r2.params.limit": "int"}, container="r2").compile("action.amount > params.limit")
    everything = environment({**facts, "r1.params.limit": "double", "r2.params.limit": "int"})

    shared = everything.activation({"action.amount": 50, "r1.params.limit": 20, "r2.params.limit": 100})

    assert (small.evaluate_in(shared), large.evaluate_in(shared)) == (True, False)


def test_inside_a_container_names_are_suggested_as_they_are_written() -> None:
    names = environment({"r1.params.limit": "double"}, container="r1")

    with pytest.raises(ExpressionError) as caught:
        names.compile("params.limt > 1")

    [diagnostic] = caught.value.diagnostics
    assert (diagnostic.message, diagnostic.suggestion) == ("unknown name params.limt", "params.limit")


def test_the_same_text_is_compiled_once() -> None:
    assert NAMES.compile("active") is NAMES.compile("active")


def test_an_activation_gives_times_to_programs_of_another_environment() -> None:
    narrow = environment({"now": "timestamp"}).compile("now.getHours() == 12")
    wide = environment({"now": "timestamp", "only.here": "string"})

    assert narrow.evaluate_in(wide.activation({"now": datetime(2026, 3, 2, 12, tzinfo=UTC)})) is True
