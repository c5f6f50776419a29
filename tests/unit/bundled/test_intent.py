"""Intent agents."""

from typing import Any

import pytest

from coordination.adapters.ports import AgentFailed, Task
from coordination.benchmarks import worlds
from coordination.bundled import intent
from tests.reaching import PlainReach
from tests.realdata import FOLDER, needs_real_data

EXAMPLES = {
    "lost_card": ["I lost my card.", "My card is gone.", "I can't find my bank card.", "Somebody stole my card."],
    "top_up": ["How do I add money?", "Top up my account.", "I want to load money.", "Put money on my card."],
}
AGENTS = [(intent.by_examples, {}), (intent.by_examples, {"model": "wordllama"}), (intent.by_keywords, {})]


def task(text: object, **config: Any) -> Task:
    return Task("classify.intent", {"text": text}, {"knowledge_base": "intents", **config})


@pytest.mark.parametrize(("agent", "config"), AGENTS)
def test_names_the_intent_and_the_closest_example(agent: Any, config: dict[str, Any]) -> None:
    result = agent(task("my card was stolen", **config), PlainReach(examples={"intents": EXAMPLES}))
    assert result.output["intent"] == "lost_card"
    assert result.confidence > 0.5
    assert result.output["alternatives"][0] == {"intent": "lost_card", "confidence": round(result.confidence, 4)}
    assert "lost_card" in result.rationale
    assert result.sources[0].text in EXAMPLES["lost_card"]


@pytest.mark.parametrize(("agent", "config"), AGENTS)
def test_needs_two_intents(agent: Any, config: dict[str, Any]) -> None:
    with pytest.raises(AgentFailed, match="at least two intents"):
        agent(task("hello", **config), PlainReach())


@pytest.mark.parametrize("text", ["", "   ", None, 7, ["a"]])
def test_refuses_what_is_not_a_text(text: object) -> None:
    with pytest.raises(AgentFailed, match="must be a text"):
        intent.by_examples(task(text), PlainReach(examples={"intents": EXAMPLES}))


def test_needs_to_know_its_knowledge_base() -> None:
    with pytest.raises(AgentFailed, match="knowledge_base"):
        intent.by_keywords(Task("classify.intent", {"text": "hello"}), PlainReach())


@needs_real_data
@pytest.mark.parametrize(("model", "at_least"), [("minilm", 0.82), ("wordllama", 0.78)], ids=["minilm", "wordllama"])
def test_a_tenth_of_the_bank_inquiries_teaches_most_of_it(model: str, at_least: float) -> None:
    """On all of them it is 93 and 92 per cent (`bench worlds`); here about thirteen examples of each intent."""
    measured = worlds.intents(worlds.banking77(FOLDER, 1_000), model)
    assert measured.value >= at_least
    assert measured.details["calibration_error"] < 0.1


@needs_real_data
def test_keywords_still_do_well_on_bank_inquiries() -> None:
    assert worlds.intents_by_keywords(worlds.banking77(FOLDER, 1_000)).value >= 0.5
