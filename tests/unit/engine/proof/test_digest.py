"""An approval of one action is an approval of no other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.proof.canonical import NotCanonical
from coordination.engine.proof.digest import action_digest

ACTION: dict[str, Any] = {
    "organization": "0199",
    "agent": "writer",
    "agent_version": 3,
    "on_behalf_of": "user:manager",
    "operation": "payments.refund",
    "tool_version": 2,
    "resource": "order/17",
    "parameters": {"order": "17", "amount": 20},
    "idempotency_key": "run/send",
}
parameters = st.dictionaries(st.text(), st.integers(-1000, 1000) | st.text() | st.booleans() | st.none())


@pytest.mark.parametrize("field", ACTION)
def test_every_part_of_an_action_is_bound(field: str) -> None:
    other = {"agent_version": 4, "tool_version": None, "parameters": {"order": "17", "amount": 82_000}}
    changed = ACTION | {field: other.get(field, "other")}
    assert action_digest(**changed) != action_digest(**ACTION)


@given(parameters, parameters)
def test_digests_are_equal_only_for_equal_parameters(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = _typed(one) == _typed(other)
    digests = [action_digest(**ACTION | {"parameters": chosen}) for chosen in (one, other)]
    assert (digests[0] == digests[1]) == same


def test_a_number_is_not_its_text() -> None:
    number, text = (action_digest(**ACTION | {"parameters": {"order": order}}) for order in (17, "17"))
    assert number != text


def test_an_action_without_exact_text_has_no_digest() -> None:
    with pytest.raises(NotCanonical):
        action_digest(**ACTION | {"parameters": {"order": 2**60}})


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    """Python finds 1 == True; JSON does not."""
    return {name: (type(value), value) for name, value in values.items()}
