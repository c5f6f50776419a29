"""What stands in an airline conversation before a call."""

import json
from typing import Any

import pytest

from coordination.benchmarks.guard.airline import facts_of
from coordination.benchmarks.guard.conversation import is_confirmed

USER = {
    "name": {"first_name": "Ann", "last_name": "Lee"},
    "payment_methods": {
        "gift_card_1": {"source": "gift_card", "amount": 100, "id": "gift_card_1"},
        "credit_card_2": {"source": "credit_card", "last_four": "7334", "id": "credit_card_2"},
        "credit_card_3": {"source": "credit_card", "last_four": "5018", "id": "credit_card_3"},
    },
    "membership": "silver",
    "reservations": ["ABC123"],
}
FLIGHTS = [{"flight_number": "HAT001", "date": "2024-05-20"}]
RESERVATION = {
    "reservation_id": "ABC123",
    "user_id": "ann_1",
    "origin": "JFK",
    "destination": "SFO",
    "flight_type": "one_way",
    "cabin": "economy",
    "flights": [{**FLIGHTS[0], "origin": "JFK", "destination": "SFO", "price": 100}],
    "passengers": [{"first_name": "Ann", "last_name": "Lee"}, {"first_name": "Bo", "last_name": "Lee"}],
    "created_at": "2024-05-14T20:00:00",
    "total_baggages": 1,
    "nonfree_baggages": 0,
    "insurance": "no",
}
FOUND = {
    "flight_number": "HAT002",
    "origin": "JFK",
    "destination": "SFO",
    "status": "available",
    "available_seats": {"basic_economy": 9, "economy": 1, "business": 4},
    "prices": {"basic_economy": 60, "economy": 160, "business": 400},
}
NEW = [{"flight_number": "HAT002", "date": "2024-05-21"}]


def call(tool: str, args: dict[str, Any], result: Any) -> list[dict[str, Any]]:
    content = result if isinstance(result, str) else json.dumps(result)
    return [
        {"type": "tool_call", "tool": tool, "args": args},
        {"type": "tool_result", "tool": tool, "content": content},
    ]


def said(role: str, content: str) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": content}


LOOKED_UP = [
    *call("get_user_details", {"user_id": "ann_1"}, USER),
    *call("get_reservation_details", {"reservation_id": "ABC123"}, RESERVATION),
    *call("search_direct_flight", {"origin": "JFK", "destination": "SFO", "date": "2024-05-21"}, [FOUND]),
]


def change(before: list[dict[str, Any]], **args: Any) -> dict[str, Any]:
    given = {"reservation_id": "ABC123", "cabin": "economy", "flights": NEW, "payment_id": "gift_card_1", **args}
    return facts_of("update_reservation_flights", given, before)


def test_a_change_is_compared_with_what_was_looked_up() -> None:
    facts = change(LOOKED_UP)
    assert (facts["flights_changed"], facts["cabin_changed"], facts["route_kept"]) == (True, False, True)
    assert facts["n_unseen_flights"] == 0
    assert facts["seats_short"]  # Two people, one seat.
    assert facts["due"] == 120.0
    assert facts["balance_short"]
    assert facts["payments_in_profile"]


def test_what_no_tool_has_shown_is_not_known() -> None:
    facts = change([])
    assert not facts["reservation_known"]
    assert not facts["user_known"]
    assert not facts["payments_in_profile"]
    assert facts["n_unseen_flights"] == 1
    assert facts["due"] == 0.0


def test_a_flight_elsewhere_leaves_the_route() -> None:
    other = [*LOOKED_UP, *call("search_direct_flight", {"date": "2024-05-21"}, [{**FOUND, "destination": "LAX"}])]
    assert not change(other)["route_kept"]


def test_a_day_gone_by_has_departed() -> None:
    assert change(LOOKED_UP, flights=[{"flight_number": "HAT001", "date": "2024-05-10"}])["departed"]
    assert not change(LOOKED_UP)["departed"]


def test_the_card_that_the_customer_named_counts() -> None:
    before = [*LOOKED_UP, said("user", "Take my card ending in 7334.")]
    assert change(before, payment_id="credit_card_2")["named_card_used"]
    assert not change(before, payment_id="credit_card_3")["named_card_used"]


def test_a_booking_adds_up_or_it_does_not() -> None:
    args = {
        "user_id": "ann_1",
        "cabin": "economy",
        "flights": NEW,
        "passengers": [{"first_name": "Ann"}],
        "payment_methods": [
            {"payment_id": "gift_card_1", "amount": 100},
            {"payment_id": "credit_card_2", "amount": 90},
        ],
        "total_baggages": 2,
        "nonfree_baggages": 0,
        "insurance": "yes",
    }
    facts = facts_of("book_reservation", args, LOOKED_UP)
    assert (facts["price"], facts["paid"]) == (190.0, 190.0)
    assert not facts["bags_wrongly_charged"]  # A silver member in economy has two.
    assert facts_of("book_reservation", {**args, "total_baggages": 3}, LOOKED_UP)["bags_wrongly_charged"]
    assert facts["n_gift_cards"] == facts["n_credit_cards"] == 1


def test_hours_since_booking_are_those_of_the_airline() -> None:
    facts = facts_of("cancel_reservation", {"reservation_id": "ABC123"}, LOOKED_UP)
    assert facts["hours_since_booking"] == 19.0
    assert not facts["insured"]
    assert not facts["flown"]


def test_what_failed_and_what_was_done_before_is_known() -> None:
    args = {"reservation_id": "ABC123"}
    failed = facts_of("cancel_reservation", args, [*LOOKED_UP, *call("cancel_reservation", args, "Error: no")])
    assert (failed["failed_before"], failed["done_before"], failed["cancelled"]) == (1, 0, False)
    done = facts_of("cancel_reservation", args, [*LOOKED_UP, *call("cancel_reservation", args, RESERVATION)])
    assert (done["failed_before"], done["done_before"], done["cancelled"]) == (0, 1, True)


def test_a_certificate_is_measured_by_the_passengers_of_those_it_is_due() -> None:
    facts = facts_of("send_certificate", {"user_id": "ann_1", "amount": 100}, LOOKED_UP)
    assert (facts["amount"], facts["entitled_passengers"]) == (100.0, [2])


def test_only_what_stands_before_the_call_counts() -> None:
    assert facts_of("cancel_reservation", {"reservation_id": "ABC123"}, LOOKED_UP[:2])["reservation_known"] is False


@pytest.mark.parametrize(
    ("words", "agrees"),
    [
        ("Yes, please go ahead.", True),
        ("That works for me, thanks!", True),
        ("No, thank you.", False),
        ("Yes, but first tell me the price.", False),
        ("What does it cost?", False),
    ],
)
def test_a_yes_is_a_yes_only_without_a_but(words: str, agrees: bool) -> None:
    assert is_confirmed([said("assistant", "Shall I?"), said("user", words)]) is agrees
