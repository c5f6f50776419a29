"""What rules look at is exactly what is kept, or nothing is decided on it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.cel import environment
from coordination.engine.rules.facts import FACTS, MAX_INTEGER, complete, storable

NOW = datetime(2026, 3, 1, tzinfo=UTC)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(codec="ascii", exclude_characters="\x00"), max_size=5), inner, max_size=4
        )
    ),
    max_leaves=20,
)


def test_every_variable_has_a_value_of_its_type() -> None:
    names = environment(FACTS)
    values = complete({}, NOW)

    assert values.keys() == FACTS.keys()
    for name in FACTS:
        names.compile(name).evaluate(values)


def test_what_is_given_counts() -> None:
    assert complete({"agent.name": "writer"}, NOW)["agent.name"] == "writer"


@given(json_values)
def test_json_is_kept_as_it_is(value: Any) -> None:
    assert storable({"facts": value}) == ({"facts": value}, [])


def test_times_are_kept_as_text() -> None:
    assert storable({"now": NOW}) == ({"now": "2026-03-01T00:00:00+00:00"}, [])


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("x" * 65_537, "facts is longer than 65536 characters"),
        ([["x" * 60_000] * 2, ["x" * 60_000] * 3], "facts[1][2] makes more than 262144 characters in all"),
        ([1] * 1_001, "facts has more than 1000 items"),
        ([[1] * 999] * 11, "facts[10] makes more than 10000 values in all"),
        (2**53, "facts is too large a number for JSON; send it as text"),
        (-(2**53), "facts is too large a number for JSON; send it as text"),
        (float("inf"), "facts is a float, which JSON cannot say"),
        ({"a": {1}}, "facts.a is a set, which JSON cannot say"),
        ({"a": ("x",)}, "facts.a is a tuple, which JSON cannot say"),
        ({1: 2}, "facts has a name that is not text"),
        ({"a": "\x00"}, "facts.a holds characters that are not text"),
        ("\ud800", "facts holds characters that are not text"),
    ],
)
def test_what_cannot_be_kept_is_named(value: object, problem: str) -> None:
    kept, changed = storable({"facts": value})

    assert problem in changed
    json.dumps(kept).encode()
    assert "\\u0000" not in json.dumps(kept)


@given(st.recursive(st.binary() | st.text() | st.floats() | st.integers(), st.lists, max_leaves=9))
def test_whatever_comes_something_can_be_kept(value: Any) -> None:
    kept, _ = storable({"facts": value})

    json.dumps(kept, allow_nan=False, ensure_ascii=False).encode()


def test_endless_nesting_ends() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]

    _, changed = storable({"facts": nested})

    assert len(changed) == 1
    assert changed[0].endswith("is nested more than 24 deep")
