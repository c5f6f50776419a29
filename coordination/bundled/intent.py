"""Find out what a message is about, from examples of each intent in a knowledge base.

`by_examples` compares meanings; `by_keywords` counts words, needs no model, and stands in when the other fails.
Input: {text}. Config: {knowledge_base, model: minilm | wordllama}.
Output: {intent, alternatives: [{intent, confidence}]}.
"""

from collections.abc import Sequence

import numpy as np

from coordination.adapters.ports import AgentFailed, Examples, Matrix, Reach, Result, Source, Task, agent
from coordination.bundled.inputs import knowledge_base_of, setting, text_of
from coordination.bundled.keywords import WordCounter, learn_words
from coordination.bundled.learning import Classifier, Kept, learn_labels
from coordination.shared.json import Json

N_NEAREST = 3
_classifiers: Kept[Classifier] = Kept()
_counters: Kept[WordCounter] = Kept()


@agent
def by_examples(task: Task, reach: Reach) -> Result:
    """Name the intent whose examples mean the same as the text."""
    text = text_of(task, "text")
    model = str(setting(task, "model", "minilm"))
    examples = _examples(task, reach)
    classifier = _classifiers.get(f"{examples.revision} {model}", lambda: _learn(examples, model, reach))
    row = reach.embed([text], model)
    nearest = classifier.picked[np.argsort(-(classifier.examples @ row[0]))[:N_NEAREST]]
    return _result(classifier.labels, classifier.probabilities(row)[0], examples, nearest.tolist())


@agent
def by_keywords(task: Task, reach: Reach) -> Result:
    """Name the intent whose examples use the same words as the text."""
    text = text_of(task, "text")
    examples = _examples(task, reach)
    counter = _counters.get(examples.revision, lambda: learn_words(examples.texts, examples.labels))
    nearest = counter.nearest(text, N_NEAREST)
    return _result(counter.labels, counter.probabilities([text])[0], examples, nearest.tolist())


def _examples(task: Task, reach: Reach) -> Examples:
    name = knowledge_base_of(task)
    examples = reach.examples(name)
    if len(set(examples.labels)) < 2:
        raise AgentFailed("too-few-examples", f"{name} needs examples of at least two intents.")
    return examples


def _learn(examples: Examples, model: str, reach: Reach) -> Classifier:
    # The knowledge base keeps the MiniLM rows; others are made once per revision.
    rows = examples.embeddings if model == "minilm" else reach.embed(examples.texts, model)
    return learn_labels(rows, examples.labels)


def _result(labels: Sequence[str], chances: Matrix, examples: Examples, nearest: Sequence[int]) -> Result:
    best = [int(number) for number in np.argsort(-chances)[:N_NEAREST]]
    ranked: list[Json] = [{"intent": labels[i], "confidence": round(float(chances[i]), 4)} for i in best]
    closest = nearest[0]
    return Result(
        output={"intent": labels[best[0]], "alternatives": ranked},
        confidence=float(chances[best[0]]),
        rationale=f"Closest example: “{examples.texts[closest]}” ({examples.labels[closest]}).",
        sources=tuple(Source(examples.labels[i], examples.labels[i], examples.texts[i]) for i in nearest),
    )
