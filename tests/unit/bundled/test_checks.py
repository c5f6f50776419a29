"""The three compliance checks."""

from typing import Any

import pytest

from coordination.adapters.ports import Task
from coordination.bundled import policy, privacy, tone
from coordination.bundled.privacy import personal_data_in
from coordination.engine.rules.pii import iban, luhn
from tests.reaching import PlainReach

POLICY = {
    "Refunds": "A refund goes back the way the customer paid. It takes three to five working days.",
    "Returns": "Unused goods come back within 45 days of delivery.",
}


def privately(reply: str, message: str = "", passages: Any = ()) -> dict[str, Any]:
    given = {"reply": reply, "message": message, "passages": list(passages)}
    return privacy.check(Task("review.privacy", given), PlainReach()).output


def by_policy(reply: str, message: str = "Hello", examples: Any = None) -> dict[str, Any]:
    given = {"reply": reply, "message": message, "passages": []}
    reach = PlainReach({"rules": POLICY}, {"rules": examples or {}})
    return policy.check(Task("review.policy", given, {"knowledge_base": "rules"}), reach).output


def by_tone(reply: str, sentiment: float = 0.0) -> dict[str, Any]:
    return tone.check(Task("review.tone", {"reply": reply, "sentiment": sentiment}), PlainReach()).output


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Your card 4111 1111 1111 1111 was charged.", "card number"),
        ("Amex 378282246310005", "card number"),
        ("to DE89 3704 0044 0532 0130 00 please", "bank account"),
        ("GB82WEST12345698765432", "bank account"),
        ("SSN 123-45-6789", "identity number"),
        ("your password is hunter22", "password"),
        ("write to jane.doe@example.org", "e-mail address"),
        ("call +49 30 901820 44", "telephone number"),
        ("call (206) 555-0293 now", "telephone number"),
    ],
)
def test_personal_data_is_found(text: str, kind: str) -> None:
    assert [item.kind for item in personal_data_in(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "Order 4111111111111112 is late.",
        "Order 88120 of 2026-11-22, reference 20391-7",
        "DE89 3704 0044 0532 0130 02",
        "It costs $1,374.00 and takes 3-5 days.",
        "0000 0000 0000 0000",
        "Forgot your password? Choose a new one.",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert list(personal_data_in(text)) == []


def test_check_digits() -> None:
    assert luhn("4539578763621486")
    assert not luhn("4539578763621487")
    assert iban("FR1420041010050500013M02606")
    assert not iban("FR1420041010050500013M02607")


def test_a_secret_never_passes_and_is_never_shown() -> None:
    said = privately("We charged 4111 1111 1111 1111.", "My card is 4111 1111 1111 1111.")
    assert (said["verdict"], said["secrets"]) == ("fail", 1)
    assert "4111 1111" not in str(said)
    assert said["findings"] == [{"kind": "card number", "masked": "…1111"}]


def test_an_address_that_nobody_mentioned_is_a_leak() -> None:
    said = privately("Your neighbour's address is bob@example.org.", "Who is my neighbour?")
    assert (said["verdict"], said["secrets"]) == ("fail", 0)


def test_an_address_from_the_sources_is_fine_and_the_customers_own_is_for_a_person() -> None:
    passages = [{"key": "help", "title": "Help", "text": "Write to help@example.org."}]
    assert privately("Write to help@example.org.", passages=passages)["verdict"] == "pass"
    assert privately("We will write to me@example.org.", "I am me@example.org")["verdict"] == "unsure"


def test_a_promise_that_rests_on_the_policy_passes() -> None:
    assert by_policy("Thank you. The refund will take three to five working days.")["verdict"] == "pass"


def test_a_promise_that_rests_on_nothing_fails() -> None:
    said = by_policy("We will send a free bicycle to all your friends.")
    assert said["verdict"] == "fail"
    assert "bicycle" in said["reasons"][0]


def test_a_figure_that_no_source_names_fails() -> None:
    said = by_policy("Unused goods will be taken back within 90 days of delivery.")
    assert said["verdict"] == "fail"
    assert "90" in said["reasons"][0]


def test_forbidden_wordings_fail() -> None:
    said = by_policy("Have a nice day, dear sucker.", examples={"forbidden": ["dear sucker"]})
    assert said["verdict"] == "fail"


@pytest.mark.parametrize("message", ["My lawyer will hear of this.", "The kettle gave me an electric shock."])
def test_delicate_matters_go_to_a_person(message: str) -> None:
    assert by_policy("Thank you for telling us.", message)["verdict"] == "unsure"


@pytest.mark.parametrize(
    ("reply", "verdict", "why"),
    [
        ("We guarantee that it arrives tomorrow.", "fail", "guarantees"),
        ("If you do not pay today, we will close your account.", "fail", "ultimatum"),
        ("We are fully liable for the damage.", "fail", "liability"),
        ("You should sue the carrier.", "fail", "legal advice"),
        ("This is your own fault.", "fail", "blames"),
        ("Please calm down.", "unsure", "argues"),
        ("READ THE MANUAL please!!", "unsure", "shouts"),
        ("You are a stupid, horrible, disgusting idiot and I hate you.", "unsure", "hostile"),
    ],
)
def test_how_a_reply_must_not_sound(reply: str, verdict: str, why: str) -> None:
    said = by_tone(reply)
    assert said["verdict"] == verdict
    assert why in " ".join(said["reasons"])


def test_a_friendly_reply_passes() -> None:
    assert by_tone("Thank you for your message. You can download the PDF in your account.")["verdict"] == "pass"


def test_whoever_is_upset_hears_sorry() -> None:
    assert by_tone("You can track the parcel online.", -0.8)["verdict"] == "unsure"
    assert by_tone("I am sorry for the trouble. You can track the parcel online.", -0.8)["verdict"] == "pass"
