"""RFC 8785 holds: our text is that of the reference package, and it is one text for one value."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.proof.canonical import NotCanonical, canonical, digest_of

LARGEST = 2**53 - 1
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-LARGEST, LARGEST)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5)
)


@given(values)
def test_text_is_that_of_the_reference(value: Any) -> None:
    assert canonical(value).encode() == rfc8785.dumps(value)


@given(values)
def test_text_survives_a_round_trip(value: Any) -> None:
    # RFC 8785 knows one kind of number, the double: 2.0 is written as 2.
    read = json.loads(canonical(value), parse_int=float)
    assert canonical(read) == canonical(value)


@given(st.dictionaries(st.text(), scalars, min_size=2))
def test_order_of_names_does_not_matter(value: dict[str, Any]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


def test_names_are_ordered_by_utf16_code_units() -> None:
    names = ["1", "\u00f6", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(reversed(names))))) == names


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (0.000001, "0.000001"),
        (1e20, "1" + "0" * 20),
    ],
)
def test_numbers_are_spelled_as_in_ecmascript(number: float, text: str) -> None:
    assert canonical(number) == text


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**53, -(2**53), "\ud800", {"\ud800": 1}, {1: 2}, {"é": 1, 2: 3}, {1, 2}, b"x"],
    ids=repr,
)
def test_what_has_no_exact_text_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_endless_nesting_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NotCanonical):
        canonical(deep)


def test_digest_is_sha256_of_the_text() -> None:
    assert digest_of({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
