"""What stands in an airline conversation before a call: the facts that the airline's rules are about.

Pure functions of the messages, calls and results before the call, and of the call itself. Prices, seats and profiles
are known only as far as a tool has shown them; what is not known is -1 or false, never guessed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from coordination.benchmarks.guard.conversation import claims_of, is_confirmed, named_cards, was_listed
from coordination.benchmarks.guard.events import results_of

# "The current time is 2024-05-15 15:00:00 EST." (policy.md)
NOW: Final = datetime(2024, 5, 15, 15)  # noqa: DTZ001 - the airline's own time, in which all its data is
_BAG_PRICE, _INSURANCE_PRICE = 50, 30
_FREE_BAGS: Final = {
    "regular": {"basic_economy": 0, "economy": 1, "business": 2},
    "silver": {"basic_economy": 1, "economy": 2, "business": 3},
    "gold": {"basic_economy": 2, "economy": 3, "business": 3},
}
_ERROR: Final = re.compile(r"^\s*Error", re.IGNORECASE)
Event = Mapping[str, Any]
Key = tuple[str, str]


@dataclass(slots=True)
class Known:
    """What tools have shown so far: profiles, reservations as they are now, and flights on their dates."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    reservations: dict[str, dict[str, Any]] = field(default_factory=dict)
    flights: dict[Key, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, Any, bool]] = field(default_factory=list)


def facts_of(tool: str, args: Mapping[str, Any], before: Sequence[Event]) -> dict[str, Any]:
    """Return every fact about one writing call; what does not apply to it is at its zero."""
    known = known_from(before)
    reservation = known.reservations.get(str(args.get("reservation_id")), {})
    user = known.users.get(str(args.get("user_id") or reservation.get("user_id")), {})
    return {
        **_about_call(tool, args, before, known),
        **_about_people(args, reservation, user, known),
        **_about_booking_time(reservation),
        **_about_payment(args, user, before),
        **_about_flights(args, reservation, user, known),
        **_about_bags(args, reservation, user),
        **_about_price(tool, args, known),
        **_about_compensation(tool, args, known),
    }


def known_from(before: Sequence[Event]) -> Known:
    """Return what the results before a call have shown."""
    known = Known()
    for call, content in results_of(before):
        failed = isinstance(content, str) and bool(_ERROR.match(content))
        known.calls.append((call["tool"], call["args"], failed))
        for found in _objects(content):
            if "reservation_id" in found and "flights" in found:
                known.reservations[found["reservation_id"]] = _kept_cancelled(call, failed, found, known)
                if call["tool"] == "update_reservation_flights" and not failed:
                    # The tool answers with the cabin as it was.
                    known.reservations[found["reservation_id"]]["cabin"] = call["args"].get("cabin", found["cabin"])
            elif "payment_methods" in found and "membership" in found:
                known.users[str(call["args"].get("user_id"))] = found
            elif "available_seats" in found:
                known.flights[(found["flight_number"], found.get("date") or call["args"].get("date", ""))] = found
    return known


def _kept_cancelled(call: Event, failed: bool, reservation: dict[str, Any], known: Known) -> dict[str, Any]:
    """Return a reservation that stays cancelled once it was: the tools do not say so."""
    old = known.reservations.get(reservation["reservation_id"], {})
    is_cancelled = old.get("status") == "cancelled" or (call["tool"] == "cancel_reservation" and not failed)
    return {**reservation, "status": "cancelled"} if is_cancelled else reservation


def _objects(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, dict):
        return [content]
    if isinstance(content, list):
        return [found for one in content for found in _objects(one)]
    return []


def _about_call(tool: str, args: Mapping[str, Any], before: Sequence[Event], known: Known) -> dict[str, Any]:
    same = [failed for name, earlier, failed in known.calls if name == tool and earlier == args]
    return {
        "confirmed": is_confirmed(before),
        "listed": was_listed(tool, args, before),
        "failed_before": sum(same),
        "done_before": len(same) - sum(same),
        "claims": claims_of(before),
    }


def _about_people(
    args: Mapping[str, Any], reservation: Mapping[str, Any], user: Mapping[str, Any], known: Known
) -> dict[str, Any]:
    names = {str(args.get("user_id")), str(reservation.get("user_id"))} - {"None"}
    passengers = args.get("passengers")
    return {
        "user_known": bool(user),
        "reservation_known": bool(reservation) or "reservation_id" not in args,
        "one_user": len({*known.users} | names) <= 1,
        "membership": str(user.get("membership", "")),
        "n_passengers": len(passengers if isinstance(passengers, list) else reservation.get("passengers", [])),
        "n_passengers_now": len(reservation.get("passengers", [])),
    }


def _about_booking_time(reservation: Mapping[str, Any]) -> dict[str, Any]:
    created = reservation.get("created_at")
    hours = (NOW - datetime.fromisoformat(created)).total_seconds() / 3600 if created else -1.0
    dates = [flight["date"] for flight in reservation.get("flights", [])]
    return {
        "hours_since_booking": hours,
        "insured": reservation.get("insurance") == "yes",
        "cabin_now": str(reservation.get("cabin", "")),
        "cancelled": reservation.get("status") == "cancelled",
        "flown": any(date < NOW.date().isoformat() for date in dates),
    }


def _about_payment(args: Mapping[str, Any], user: Mapping[str, Any], before: Sequence[Event]) -> dict[str, Any]:
    ids = _payment_ids(args)
    methods = user.get("payment_methods", {})
    kinds = [methods.get(one, {}).get("source") or re.sub(r"_\d+$", "", one) for one in ids]
    wanted = named_cards(before)
    cards = {methods[one].get("last_four") for one in ids if methods.get(one, {}).get("source") == "credit_card"}
    named = [one.get("last_four") for one in methods.values() if one.get("last_four") in wanted]
    return {
        "payments_in_profile": all(one in methods for one in ids),
        "n_certificates": kinds.count("certificate"),
        "n_credit_cards": kinds.count("credit_card"),
        "n_gift_cards": kinds.count("gift_card"),
        "named_card_used": not named or not ids or bool(cards & set(named)),
    }


def _payment_ids(args: Mapping[str, Any]) -> list[str]:
    several = args.get("payment_methods")
    ids = [one.get("payment_id") for one in several if isinstance(one, dict)] if isinstance(several, list) else []
    return [str(one) for one in [*ids, args.get("payment_id")] if one]


def _about_flights(
    args: Mapping[str, Any], reservation: Mapping[str, Any], user: Mapping[str, Any], known: Known
) -> dict[str, Any]:
    asked = [(str(one.get("flight_number")), str(one.get("date"))) for one in _list(args.get("flights"))]
    now = {(one["flight_number"], one["date"]): one for one in reservation.get("flights", [])}
    cabin = str(args.get("cabin", ""))
    n_people = len(_list(args.get("passengers")) or reservation.get("passengers", [])) or 1
    same_cabin = cabin == reservation.get("cabin")
    taken = [key for key in asked if key not in now or not same_cabin]
    seen = [known.flights[key] for key in taken if key in known.flights]
    due = _due(asked, now, cabin, same_cabin, known) * n_people if asked and reservation else 0.0
    unknown = [key for key in taken if key not in known.flights]
    balance = user.get("payment_methods", {}).get(str(args.get("payment_id")), {}).get("amount")
    return {
        "cabin_new": cabin,
        "flights_changed": bool(asked) and bool(now) and set(asked) != set(now),
        "cabin_changed": bool(cabin) and bool(now) and not same_cabin,
        "n_unseen_flights": sum(key not in known.flights and key not in now for key in asked),
        "departed": any(date < NOW.date().isoformat() for _, date in asked),
        "unavailable": any(one.get("status", "available") != "available" for one in seen),
        "seats_short": any(one["available_seats"].get(cabin, 0) < n_people for one in seen),
        "route_kept": _route_kept(asked, now, reservation, known),
        "price_known": not unknown,
        # At least: what is not known costs nothing here.
        "due": float(due),
        "balance_short": balance is not None and due > balance,
    }


def _due(asked: Sequence[Key], now: Mapping[Key, Any], cabin: str, same_cabin: bool, known: Known) -> float:
    """Return what a change costs one passenger, as far as prices are known."""
    new: float = 0.0
    for key in asked:
        if key in now and same_cabin:
            new += now[key].get("price", 0)
        elif key in known.flights:
            new += known.flights[key]["prices"].get(cabin, 0)
    return float(new - sum(one.get("price", 0) for one in now.values()))


def _route_kept(asked: Sequence[Key], now: Mapping[Key, Any], reservation: Mapping[str, Any], known: Known) -> bool:
    """Tell whether the flights begin and end where the reservation does, as far as they are known."""
    legs = [now.get(key) or known.flights.get(key) for key in asked]
    if not reservation or not legs or not all(legs):
        return True
    places = [(leg["origin"], leg["destination"]) for leg in legs if leg]
    joined = all(one[1] == two[0] for one, two in pairwise(places))
    start, end = reservation["origin"], reservation["destination"]
    if reservation.get("flight_type") == "round_trip":
        return places[0][0] == start and places[-1][1] == start and any(place[1] == end for place in places)
    return joined and places[0][0] == start and places[-1][1] == end


def _about_bags(args: Mapping[str, Any], reservation: Mapping[str, Any], user: Mapping[str, Any]) -> dict[str, Any]:
    total, extra = args.get("total_baggages"), args.get("nonfree_baggages")
    people = len(_list(args.get("passengers")) or reservation.get("passengers", []))
    cabin = str(args.get("cabin") or reservation.get("cabin", ""))
    free = _FREE_BAGS.get(str(user.get("membership")), {}).get(cabin, 0) * people
    # A bag that was already paid for stays paid.
    expected = max(0, (total or 0) - free, reservation.get("nonfree_baggages", 0) if "cabin" not in args else 0)
    knows = isinstance(total, int) and bool(user) and bool(people)
    return {
        "bags": total if isinstance(total, int) else -1,
        "bags_removed": isinstance(total, int) and total < reservation.get("total_baggages", 0),
        "bags_wrongly_charged": knows and extra != expected,
    }


def _about_price(tool: str, args: Mapping[str, Any], known: Known) -> dict[str, Any]:
    if tool != "book_reservation":
        return {"price": 0.0, "paid": 0.0}
    keys = [(str(one.get("flight_number")), str(one.get("date"))) for one in _list(args.get("flights"))]
    people = len(_list(args.get("passengers")))
    paid = sum(float(one.get("amount", 0)) for one in _list(args.get("payment_methods")))
    if not all(key in known.flights for key in keys):
        return {"price": -1.0, "paid": paid}
    seats = sum(known.flights[key]["prices"].get(args.get("cabin"), 0) for key in keys) * people
    insurance = _INSURANCE_PRICE * people if args.get("insurance") == "yes" else 0
    return {"price": float(seats + insurance + _BAG_PRICE * int(args.get("nonfree_baggages") or 0)), "paid": paid}


def _about_compensation(tool: str, args: Mapping[str, Any], known: Known) -> dict[str, Any]:
    is_member = known.users.get(str(args.get("user_id")), {}).get("membership") in {"silver", "gold"}
    entitled = [
        len(one.get("passengers", []))
        for one in known.reservations.values()
        if is_member or one.get("insurance") == "yes" or one.get("cabin") == "business"
    ]
    amount = float(args.get("amount") or 0) if tool == "send_certificate" else 0.0
    return {"amount": amount, "entitled_passengers": entitled}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
