"""Saying the same about people of another group."""

import pytest

from coordination.engine.trust.swapping import mentions, variants

TERMS = {"women": ["she", "her", "Ms"], "men": ["he", "his", "Mr"]}


def test_each_group_is_named_in_the_place_of_the_other() -> None:
    found = variants({"text": "Ms Lee says she lost her card."}, TERMS)

    assert found["men"] == {"text": "Mr Lee says he lost his card."}
    assert found["women"] == {"text": "Ms Lee says she lost her card."}


def test_capitals_stay_as_they_were_written() -> None:
    assert variants("She asked. SHE insists.", TERMS)["men"] == "He asked. HE insists."


def test_a_word_within_a_word_is_left_alone() -> None:
    assert variants("The shed is theirs.", TERMS)["men"] == "The shed is theirs."


def test_what_is_not_text_stays_as_it_is_and_lists_are_gone_through() -> None:
    assert variants({"n": 3, "notes": ["he", None, True]}, TERMS)["women"] == {"n": 3, "notes": ["she", None, True]}


def test_a_longer_term_goes_before_the_shorter_one_it_begins_with() -> None:
    terms = {"a": ["Black", "Black woman"], "b": ["white", "white woman"]}

    assert variants("a Black woman", terms)["b"] == "a white woman".replace("white", "White")


@pytest.mark.parametrize(("text", "named"), [("his card", True), ("a card", False)])
def test_an_input_that_names_nobody_is_recognized(text: str, named: bool) -> None:
    assert mentions({"text": text}, TERMS) is named
