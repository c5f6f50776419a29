"""Personal data is found by its pattern and its check digits, and in time whatever the text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.rules.pii import KINDS, kinds_in, masked, personal_data_in


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to ann.smith+x@mail.example.co.uk now", "email"),
        ("Card 4539 5787 6362 1486, please", "card"),
        ("IBAN FR14 2004 1010 0505 0001 3M02 606.", "iban"),
        ("SSN 078-05-1120", "identity"),
        ("My password is hunter22", "password"),
        ("Call +49 30 1234 5678", "phone"),
        ("from 192.168.17.4 today", "ip"),
        ("from 2001:db8::8a2e:370:7334 today", "ip"),
    ],
)
def test_each_kind_is_found(text: str, kind: str) -> None:
    assert [found.kind for found in personal_data_in(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "Card 4539 5787 6362 1487",
        "order 12345678",
        "at 12:30:45",
        "version 1.2.3",
        "2026-03-01",
        "std::vector",
        "a @ b",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert list(personal_data_in(text)) == []


def test_only_the_kinds_that_are_asked_for_are_masked() -> None:
    text = "ann@example.org, 4539578763621486"

    assert masked(text, ["email"]) == ("[email], 4539578763621486", ["email"])
    assert masked(text, KINDS) == ("[email], [card]", ["card", "email"])


def test_of_a_password_only_the_password_goes() -> None:
    assert masked("the password is hunter22 now", ["password"])[0] == "the password is [password] now"


@given(st.text(max_size=200))
def test_what_is_masked_holds_nothing_more(text: str) -> None:
    once, _ = masked(text, KINDS)
    places = [(found.start, found.end) for found in personal_data_in(text)]

    assert all(start < end for start, end in places)
    assert masked(once, ["email", "card", "iban"])[0].count("[email]") >= once.count("[email]")


@pytest.mark.parametrize("piece", ["a", "a.", "1 ", "1-", "A1", "x@", "password ", ":", "1.", "f:", "+", "(1) "])
def test_a_long_text_does_not_hold_anything_up(piece: str) -> None:
    began = time.perf_counter()

    list(personal_data_in(piece * (65_536 // len(piece))))

    assert time.perf_counter() - began < 2


def test_kinds_are_found_anywhere_in_a_value() -> None:
    assert kinds_in({"to": ["ann@example.org"], "note": {"card": 4539578763621486}, "n": 1.5, "x": None}) == [
        "card",
        "email",
    ]
