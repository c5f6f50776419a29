"""Rows, CEL and sentences say the same; what rows cannot say stays as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.cel import environment
from coordination.engine.rules.conditions import Condition, Conditions, Name, conditions_in, written
from coordination.engine.rules.facts import FACTS
from coordination.engine.rules.naming import TITLES
from coordination.engine.rules.operands import said, typed, value_of
from coordination.engine.rules.operators import COMPARISONS, METHODS, OF_LISTS, OPERATORS, WITHOUT_VALUE, Operator
from coordination.engine.rules.sentences import read_sentence, sentence

WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda word: word not in {"in", "as", "true", "false", "null", "if", "for", "has", "let", "var", "else", "loop",
                              "void", "break", "const", "while", "import", "return", "params", "package", "continue",
                              "function", "namespace"}
)  # fmt: skip
FIELDS = st.one_of(
    st.sampled_from(sorted(TITLES)),
    st.builds("{}.{}".format, WORDS, WORDS),
    st.builds("facts.{}.{}".format, WORDS, WORDS),
)
SCALARS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["params.limit", "true", "nothing", "then", "5", "a and b", "known", "${x}", 'a "b"', ", then "]),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
NAMES = st.builds(Name, st.builds("params.{}".format, WORDS))
LISTS = st.lists(SCALARS, max_size=4).map(tuple)


VALUES = {"string": "refund", "int": 3, "double": 0.5, "bool": True, "list(string)": "money", "map": "amount"}


def a_row(field: str) -> st.SearchStrategy[Condition]:
    def of(operator: Operator) -> st.SearchStrategy[Condition]:
        if operator in WITHOUT_VALUE:
            return st.just(Condition(field, operator))
        values = LISTS | NAMES if operator in OF_LISTS else SCALARS | NAMES
        return st.builds(Condition, st.just(field), st.just(operator), values)

    return st.sampled_from(Operator).flatmap(of)


ROWS = FIELDS.flatmap(a_row).filter(
    lambda row: "." in row.field or row.operator not in {Operator.KNOWN, Operator.UNKNOWN}
)
MANY = st.builds(
    lambda rows, join: Conditions(tuple(rows), join if len(rows) > 1 else "all"),
    st.lists(ROWS, max_size=4),
    st.sampled_from(["all", "any"]),
)


@given(MANY)
def test_rows_come_back_from_the_cel_that_they_were_written_as(rows: Conditions) -> None:
    assert conditions_in(written(rows)) == rows


@given(MANY)
def test_rows_come_back_from_the_sentence_that_says_them(rows: Conditions) -> None:
    assert read_sentence(sentence(rows, "a reviewer decides")) == rows


@given(SCALARS | NAMES)
def test_a_value_comes_back_from_the_field_in_which_it_stands(value) -> None:
    assert value_of(typed(value), "dyn", is_list=False) == value


@given(LISTS.filter(bool))
def test_a_list_comes_back_from_the_field_in_which_it_stands(value) -> None:
    assert value_of(typed(value), "dyn", is_list=True) == value


@given(st.text(max_size=40))
def test_any_text_is_either_rows_or_free(text: str) -> None:
    found = conditions_in(text)
    assert found is None or conditions_in(written(found)) == found
    read_sentence(text)


@pytest.mark.parametrize("field", [name for name in FACTS if FACTS[name] in VALUES])
def test_every_operator_offered_for_a_fact_compiles(field: str) -> None:
    value = VALUES[FACTS[field]]
    for operator in OPERATORS[FACTS[field]]:
        given_value = None if operator in WITHOUT_VALUE else (value,) if operator in OF_LISTS else value
        environment(FACTS).compile(written(Conditions((Condition(field, operator, given_value),))), returns="bool")


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("action.amount > 100", Condition("action.amount", Operator.ABOVE, 100)),
        ("100.5 < action.amount", Condition("action.amount", Operator.ABOVE, 100.5)),
        ("params.limit >= action.amount", Condition("action.amount", Operator.AT_MOST, Name("params.limit"))),
        ("(risk.score == -5)", Condition("risk.score", Operator.IS, -5)),
        ("action.known", Condition("action.known", Operator.HOLDS)),
        ("!action.known", Condition("action.known", Operator.FAILS)),
        ("has(facts.sentiment)", Condition("facts.sentiment", Operator.KNOWN)),
        ("!has(facts.sentiment)", Condition("facts.sentiment", Operator.UNKNOWN)),
        ("action.name in ['refund', \"credit\"]", Condition("action.name", Operator.ONE_OF, ("refund", "credit"))),
        ("!(action.name in params.tools)", Condition("action.name", Operator.NONE_OF, Name("params.tools"))),
        ("'email' in pii.kinds", Condition("pii.kinds", Operator.INCLUDES, "email")),
        ("!('email' in pii.kinds)", Condition("pii.kinds", Operator.LACKS, "email")),
        ("!action.name.contains('\\n')", Condition("action.name", Operator.OMITS, "\n")),
        ("action.args.to.endsWith('@x.org')", Condition("action.args.to", Operator.ENDS, "@x.org")),
        ("agent.name == run.started_by", Condition("agent.name", Operator.IS, Name("run.started_by"))),
    ],
)
def test_a_plain_condition_is_a_row(text: str, row: Condition) -> None:
    assert conditions_in(text) == Conditions((row,))


@pytest.mark.parametrize("sign", ["&&", "||"])
def test_conditions_joined_by_one_sign_are_rows(sign: str) -> None:
    found = conditions_in(f"action.amount > 1 {sign}\n  action.known {sign} (confidence < 0.5)")
    assert found is not None
    assert (len(found.items), found.join) == (3, "all" if sign == "&&" else "any")


@pytest.mark.parametrize(
    "text",
    [
        "", "action.amount >", "a > 1 && b > 1 || c > 1", "(a > 1 && b > 1)", "size(action.args) > 3", "a > b > c",
        "action.args['x'] == 1", "now - duration('1h') > now", "a.exists(x, x > 1)", "a ? b : c", "!(a == 1)",
        "action.amount * 2 > 5", "a == null", "5u < a", "0x1F < a", "1 == 2", "a // comment", 'r"x" == a',
        "a == [1]", "a in [b]", "a == '\\x41'", "a in [1", "1e999 < a", "99999999999999999999 < a", "a.b() == 1",
    ],
)  # fmt: skip
def test_anything_else_is_free_text(text: str) -> None:
    assert conditions_in(text) is None


def test_no_rows_at_all_hold_always() -> None:
    assert conditions_in("true") == Conditions()
    assert written(Conditions()) == "true"
    assert sentence(Conditions(), "it is refused") == "Always, it is refused."


def test_a_sentence_calls_facts_by_their_names() -> None:
    first, last = "action.amount > params.limit", 'facts.mood == "very bad"'
    rows = conditions_in(f'{first} && action.name in ["refund", "credit"] && {last}')
    assert rows is not None
    assert sentence(rows, "a person decides") == (
        "When the amount is above ${params.limit} and the action is one of refund, credit "
        'and facts.mood is "very bad", then a person decides.'
    )


@pytest.mark.parametrize(
    "text",
    [
        "Nothing is sent that holds a card number.",
        "When the amount is very large, then a person decides.",
        "When the amount is above 5 and the amount is below 9 or the risk is 3, then a person decides.",
        "When the amount is above, then a person decides.",
        "When the amount is above 5 dollars, then a person decides.",
    ],
)
def test_a_sentence_in_somebodys_own_words_is_left_alone(text: str) -> None:
    assert read_sentence(text) is None


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("100", "double", 100), ("-0.5", "double", -0.5), ("many", "double", None), ("", "string", None),
        ("refund", "string", "refund"), ("to be sure", "string", "to be sure"), ("5", "string", "5"),
        ('"5"', "dyn", "5"), ("5", "dyn", 5), ("true", "bool", True), ("yes", "bool", None), ("true", "string", "true"),
        ("params.limit", "double", Name("params.limit")), ("${agent.name}", "string", Name("agent.name")),
    ],
)  # fmt: skip
def test_what_is_typed_is_read_as_the_facts_type(text: str, kind: str, value) -> None:
    assert value_of(text, kind, is_list=False) == value


def test_a_list_is_typed_with_commas() -> None:
    assert value_of("refund,credit note , 5", "string", is_list=True) == ("refund", "credit note", "5")
    assert value_of("1, 2.5", "double", is_list=True) == (1, 2.5)
    assert value_of("1, many", "double", is_list=True) is None
    assert value_of("", "string", is_list=True) is None
    assert value_of("params.tools", "string", is_list=True) == Name("params.tools")


def test_operators_say_what_they_are_in_cel() -> None:
    assert {*COMPARISONS, *METHODS} <= set(Operator)
    assert said(("a b", "c")) == '"a b", c'
