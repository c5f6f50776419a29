"""The telling pieces of a text, in one spelling."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.rules.provenance.pieces import pieces_of


def share_a_piece(one: str, other: str) -> bool:
    first, second = pieces_of(one), pieces_of(other)
    return any(second.has_specific(piece) for piece in first.specific)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GB29 NWBK 6016 1331 9268 19", "to GB29NWBK60161331926819, please"),
        ("gb29nwbk60161331926819", "account GB29-NWBK-6016-1331-9268-19"),
        ("Ann.Lee@Example.org", "write to <ann.lee@example.org>."),
        ("https://www.example.org/a/", "see www.example.org/a."),
        ("example.org", "on www.example.org/alice!"),
        ("www.our-shop.com", "to our website www.our-shop.com.They like it"),
        ("2024-05-15", "on May 15th, 2024"),
        ("2024-05-15", "on 15 May"),
        ("15.05.2024", "05/15/2024"),
        ("10:00", "at 10 am"),
        ("15:30", "at 3:30 p.m."),
        ("+1 (555) 010-2030", "call 15550102030"),
        ("bill-december.txt", "the bill 'bill-december.txt'"),
        ("order_4711", "order ORDER_4711 is late"),
    ],
)
def test_one_thing_is_found_in_every_spelling(one: str, other: str) -> None:
    assert share_a_piece(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GB29NWBK60161331926819", "GB29NWBK60161331926818"),
        ("bank.example.org.evil.net", "bank.example.org"),
        ("ann@example.org", "ann@example.com"),
        ("2024-05-15", "2024-05-16"),
        ("2024-05-15", "May 16"),
        ("10:00", "10 pm"),
    ],
)
def test_another_thing_is_not_taken_for_it(one: str, other: str) -> None:
    assert not share_a_piece(one, other)


@pytest.mark.parametrize(("number", "text"), [(1000, "$1,000.00"), (98.7, "98.70 in all"), (3, "three of them")])
def test_a_number_is_found_however_it_is_written(number: float, text: str) -> None:
    [said] = pieces_of(str(number)).numbers
    assert pieces_of(text).has_number(said)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)))
def test_a_date_is_the_same_however_it_is_written(day: date) -> None:
    spellings = [
        f"{day:%Y-%m-%d}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day.day} {day:%b} {day.year}",
        f"{day:%d.%m.%Y}",
    ]
    assert len({pieces_of(f"due {said}.").specific for said in spellings}) == 1


@given(st.floats(min_value=0, max_value=999_999).map(lambda value: round(value, 2)))
def test_an_amount_is_the_same_with_and_without_its_dress(amount: float) -> None:
    assert pieces_of(f"{amount}").numbers == pieces_of(f"${amount:,.2f}").numbers


@given(st.text(max_size=300))
def test_no_text_is_too_odd(text: str) -> None:
    assert pieces_of(text).line.startswith(" ")
