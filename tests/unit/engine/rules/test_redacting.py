"""What rules take out of arguments and outputs."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.rules.redacting import HIDDEN, Redaction, redacted

ORDER = {
    "customer": {"email": "ann@example.org", "name": "Ann"},
    "items": [{"note": "call +49 30 1234 5678", "price": 5}, {"note": "", "price": 6}],
}


def taken_out(value: Any, *fields: str, patterns: tuple[str, ...] = ()) -> tuple[Any, list[tuple[str, str]]]:
    left, places = redacted(value, [Redaction("p", "r", fields, patterns)])
    return left, [(place.path, place.kind) for place in places]


def test_a_field_goes_whole_and_its_place_is_told() -> None:
    left, places = taken_out(ORDER, "customer.email")

    assert left["customer"] == {"email": HIDDEN, "name": "Ann"}
    assert left["items"] == ORDER["items"]
    assert places == [("customer.email", "field")]


def test_lists_are_walked_through() -> None:
    left, places = taken_out(ORDER, "items.price")

    assert [item["price"] for item in left["items"]] == [HIDDEN, HIDDEN]
    assert places == [("items[0].price", "field"), ("items[1].price", "field")]


def test_a_star_is_any_name() -> None:
    assert taken_out(ORDER, "customer.*")[0]["customer"] == {"email": HIDDEN, "name": HIDDEN}


def test_patterns_are_found_anywhere() -> None:
    left, places = taken_out(ORDER, patterns=("email", "phone"))

    assert left["customer"]["email"] == "[email]"
    assert left["items"][0]["note"] == "call [phone]"
    assert places == [("customer.email", "email"), ("items[0].note", "phone")]


def test_a_field_that_is_not_there_changes_nothing() -> None:
    assert taken_out(ORDER, "customer.phone", "nobody", "items.note.deeper") == (ORDER, [])


def test_what_is_given_is_not_changed() -> None:
    given = {"a": {"b": "ann@example.org"}}

    taken_out(given, "a.b", patterns=("email",))

    assert given == {"a": {"b": "ann@example.org"}}


rules = st.builds(
    Redaction,
    st.just("p"),
    st.sampled_from("abc"),
    st.lists(st.sampled_from(["customer", "customer.email", "items.note", "*"]), max_size=2).map(tuple),
    st.lists(st.sampled_from(["email", "phone"]), max_size=2).map(tuple),
)


@given(st.lists(rules, max_size=3))
def test_the_order_of_rules_never_matters(found: list[Redaction]) -> None:
    assert all(redacted(ORDER, order) == redacted(ORDER, found) for order in permutations(found))


@given(st.lists(rules, max_size=3))
def test_taking_out_again_takes_out_no_more(found: list[Redaction]) -> None:
    once, _ = redacted(ORDER, found)

    assert redacted(once, found)[0] == once


@pytest.mark.parametrize("value", [None, 5, "ann@example.org", ["ann@example.org"]])
def test_a_value_need_not_be_an_object(value: Any) -> None:
    assert "@" not in str(taken_out(value, patterns=("email",))[0])
