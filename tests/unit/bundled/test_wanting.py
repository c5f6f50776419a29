"""Amounts and orders in messages."""

import pytest

from coordination.bundled.wanting import Wish, wish_in


@pytest.mark.parametrize(
    ("message", "wish"),
    [
        ("Refund $148.00 for order 88120.", Wish(148.0, "$148.00", "88120")),
        ("Order no. 70418, please pay back 64.90 dollars", Wish(64.9, "64.90 dollars", "70418")),
        ("I want €1,374 for order #91877 back", Wish(1374.0, "€1,374", "91877")),
        ("Invoice AB-20391: EUR 12 too much", Wish(12.0, "EUR 12", "AB-20391")),
        ("29.90 was taken twice for my order number: 71204", Wish(29.9, "29.90", "71204")),
        ("My order 71204 came 2 days late", None),
        ("I paid $20", None),
        ("Order 88120 cost $99999999999999999999", None),
        ("", None),
    ],
)
def test_reads_amount_and_order(message: str, wish: Wish | None) -> None:
    assert wish_in(message) == wish


def test_a_given_order_goes_first() -> None:
    assert wish_in("Refund $5 for order 11111", "22222") == Wish(5.0, "$5", "22222")
