"""The sentiment agent."""

from typing import Any

import pytest

from coordination.adapters.ports import AgentFailed, Task
from coordination.benchmarks import worlds
from coordination.bundled import sentiment
from tests.reaching import PlainReach
from tests.realdata import FOLDER, needs_real_data

RATED = {
    "-4": ["This is a disgrace, I am furious!", "Worst service ever, you are thieves.", "I hate this company."],
    "0": ["Where is my parcel?", "I would like an invoice.", "The order number is 12."],
    "4": ["Wonderful, thank you so much!", "I love it, best shop ever.", "Fantastic help, I am delighted."],
}


def task(text: str, **config: Any) -> Task:
    return Task("read.sentiment", {"text": text}, config)


@pytest.mark.parametrize("config", [{}, {"knowledge_base": "moods"}], ids=["words alone", "blended"])
@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I am so angry, this is the worst shop and I hate it!", "negative"),
        ("Thank you, that was wonderful and I love it!", "positive"),
    ],
)
def test_hears_the_mood(text: str, label: str, config: dict[str, Any]) -> None:
    result = sentiment.read(task(text, **config), PlainReach(examples={"moods": RATED}))
    assert result.output["label"] == label
    assert isinstance(result.output["sentiment"], float)
    assert -1 <= result.output["sentiment"] <= 1


def test_a_plain_question_is_neutral() -> None:
    result = sentiment.read(task("Which bulb fits the lamp?"), PlainReach())
    assert result.output == {"sentiment": pytest.approx(0, abs=0.1), "label": "neutral"}


def test_meaning_corrects_the_word_list() -> None:
    text = "You are nothing but thieves."
    alone = sentiment.read(task(text), PlainReach())
    blended = sentiment.read(task(text, knowledge_base="moods"), PlainReach(examples={"moods": RATED}))
    assert alone.output["label"] == "positive"
    assert blended.output["label"] != "positive"


def test_ratings_must_be_numbers() -> None:
    reach = PlainReach(examples={"moods": {"angry": ["I hate it."], "calm": ["Fine."]}})
    with pytest.raises(AgentFailed, match="must be a number"):
        sentiment.read(task("hello", knowledge_base="moods"), reach)


@needs_real_data
def test_agrees_with_people_about_reviews_it_has_not_seen() -> None:
    """On all of them r is 0.76 (`bench worlds`)."""
    measured = worlds.sentiment(FOLDER, 1_000)
    assert measured.value >= 0.7
    assert measured.value > measured.details["vader_alone"] + 0.1
