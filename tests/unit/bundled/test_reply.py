"""The reply composer."""

from typing import Any

import pytest

from coordination.adapters.ports import Proposal, Task
from coordination.bundled import reply
from coordination.bundled.citing import cited_only
from coordination.bundled.inputs import sources_of
from tests.reaching import PlainReach

PASSAGES = [
    {
        "key": "twice",
        "title": "Charged twice",
        "text": "If the same order was charged twice, we refund the second charge. You do not have to send anything.",
    },
    {"key": "lamps", "title": "Lamps", "text": "The desk lamp takes an E14 bulb. Outdoor lamps are made for rain."},
]


def task(message: str, **given: Any) -> Task:
    config = {"refund_intents": ["duplicate_charge"], "sign_off": "Yours, the shop"}
    return Task("write.reply", {"message": message, "passages": PASSAGES, **given}, config)


def test_quotes_what_answers_and_cites_it() -> None:
    result = reply.extractive(task("Which bulb does the desk lamp need?"), PlainReach())
    assert "The desk lamp takes an E14 bulb. [1]" in result.output["reply"]
    assert result.output["citations"][-1] == {"number": 1, "key": "lamps", "title": "Lamps"}
    assert [source.reference for source in result.sources] == [
        citation["key"] for citation in result.output["citations"]
    ]
    assert result.output["reply"].endswith("[1] Lamps")
    assert result.actions == ()


def test_says_so_when_nothing_answers() -> None:
    result = reply.extractive(Task("write.reply", {"message": "Who won the match?", "passages": []}), PlainReach())
    assert reply.NOTHING_FOUND in result.output["reply"]
    assert result.confidence == 0
    assert result.output["citations"] == []


def test_proposes_the_refund_that_is_asked_for() -> None:
    message = "You charged me twice for order 88120, $1,148.50 each time."
    result = reply.extractive(task(message, intent="duplicate_charge"), PlainReach())
    [proposal] = result.actions
    assert isinstance(proposal, Proposal)
    assert (proposal.tool, proposal.args["order"], proposal.args["amount"]) == ("payments.refund", "88120", 1148.5)
    assert (result.output["refund"], result.output["amount"], result.output["order"]) == (True, 1148.5, "88120")
    assert "asked for a check of the $1,148.50 for order 88120" in result.output["reply"]


@pytest.mark.parametrize(
    ("message", "intent"),
    [
        ("You charged me twice for order 88120, $148.00 each time.", "product_question"),
        ("You charged me twice for order 88120.", "duplicate_charge"),
        ("You charged me $148.00 twice.", "duplicate_charge"),
    ],
    ids=["another intent", "no amount", "no order"],
)
def test_proposes_nothing_without_intent_amount_and_order(message: str, intent: str) -> None:
    result = reply.extractive(task(message, intent=intent), PlainReach())
    assert result.actions == ()
    assert result.output["refund"] is False


@pytest.mark.parametrize(
    ("mood", "opening"),
    [(-0.8, "I am sorry"), (0.0, "Thank you for your message"), (0.9, "Thank you for your kind words")],
)
def test_opens_as_the_mood_asks(mood: float, opening: str) -> None:
    assert opening in reply.extractive(task("Which bulb?", sentiment=mood), PlainReach()).output["reply"]


def test_a_models_text_is_held_to_its_sources() -> None:
    sources = sources_of(task("x"))
    said = "The desk lamp takes an E14 bulb. It was invented on the moon [7]."
    text, share = cited_only(said, sources, PlainReach())
    assert text == "The desk lamp takes an E14 bulb. [2] It was invented on the moon."
    assert share == 0.5
