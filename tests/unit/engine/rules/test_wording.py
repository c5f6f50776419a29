"""A rule's sentences, filled with what happened."""

from typing import Any

import pytest

from coordination.engine.rules.wording import fill, names_in

VALUES: dict[str, Any] = {
    "params.limit": 100.0,
    "params.tools": ["a", "b"],
    "action.amount": 129.5,
    "action.args": {"order": {"id": "A-17"}, "none": None},
    "facts": {"angry": True},
    "agent.labels": [],
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Nothing to fill.", "Nothing to fill."),
        ("Refunds above $${params.limit}", "Refunds above $100"),
        ("$${action.amount} is too much", "$129.50 is too much"),
        ("the factor ${action.amount}", "the factor 129.5"),
        ("order ${ action.args.order.id }", "order A-17"),
        ("${action.args.order}", "id A-17"),
        ("${params.tools}", "a, b"),
        ("angry: ${facts.angry}", "angry: yes"),
        ("${facts.missing} ${action.args.none} ${agent.labels} ${nobody}", "– – – –"),
        ("${action.args.order.id.more}", "–"),
        ("${1 + 1} $ {params.limit}", "${1 + 1} $ {params.limit}"),
    ],
)
def test_places_are_filled(text: str, filled: str) -> None:
    assert fill(text, VALUES) == filled


@pytest.mark.parametrize(
    ("value", "words"), [(0.1 + 0.2, "0.3"), (1e300, "1e+300"), (-5.0, "-5"), (10, "10"), (False, "no"), (None, "–")]
)
def test_values_read_as_people_write_them(value: object, words: str) -> None:
    assert fill("${x}", {"x": value}) == words


def test_what_a_value_says_is_not_filled_again() -> None:
    assert fill("${facts.text}", {"facts": {"text": "${params.secret}"}, "params.secret": "s"}) == "${params.secret}"


def test_names_come_with_their_place() -> None:
    assert list(names_in("a ${params.limit} b ${facts.x}")) == [("params.limit", 4), ("facts.x", 22)]
