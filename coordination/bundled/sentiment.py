"""Hear how someone feels, from −1 (angry, sad) to +1 (delighted).

VADER's word list alone, or, where a knowledge base holds rated examples (the label is the rating), blended with what
the meaning of those examples teaches.
Input: {text}. Config: {knowledge_base, scale: the highest rating}. Output: {sentiment, label}.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from coordination.adapters.ports import AgentFailed, Examples, Matrix, Reach, Result, Task, agent
from coordination.bundled.inputs import setting, text_of
from coordination.bundled.learning import Kept, learn_numbers

# Chosen by cross-validation over the reviews of sentiment_reviews, no review in two parts.
WIDTH = 2.0
RIDGE = 0.5
VADER_WEIGHT = 0.5
NEUTRAL = 0.125
Rater = Callable[[Matrix], Matrix]
_raters: Kept[Rater] = Kept()


@agent
def read(task: Task, reach: Reach) -> Result:
    """Score the mood of a text."""
    text = text_of(task, "text")
    by_words = float(tones_of([text])[0, -1])
    knowledge_base = str(setting(task, "knowledge_base", ""))
    if not knowledge_base:
        return _result(by_words, None, f"VADER {by_words:+.2f}")
    examples = reach.examples(knowledge_base)
    scale = float(setting(task, "scale", 4.0))
    rater = _raters.get(f"{examples.revision} {scale}", lambda: _learn(examples, scale))
    by_meaning = float(np.clip(rater(features_of(reach.embed([text]), [text]))[0], -1, 1))
    # Two ways of reading that agree are worth more than one that is loud.
    agreement = 1 - abs(by_words - by_meaning) / 2
    return _result(by_meaning, agreement, f"VADER {by_words:+.2f}, blended with rated examples {by_meaning:+.2f}")


def features_of(embeddings: Matrix, texts: Sequence[str]) -> Matrix:
    """Return meaning and VADER's four numbers side by side, a row for each text."""
    features: Matrix = np.hstack([embeddings, VADER_WEIGHT * tones_of(texts)])
    return features


def tones_of(texts: Sequence[str]) -> Matrix:
    """Return VADER's negative, neutral, positive and compound score of each text."""
    scores = [_vader().polarity_scores(text) for text in texts]
    return np.array([[s["neg"], s["neu"], s["pos"], s["compound"]] for s in scores], dtype=np.float32)


def _learn(examples: Examples, scale: float) -> Rater:
    try:
        ratings = np.array([float(label) for label in examples.labels], dtype=np.float32)
    except ValueError:
        raise AgentFailed("bad-examples", "The label of a rated example must be a number.") from None
    if len(ratings) < 2:
        raise AgentFailed("too-few-examples", "At least two rated examples are needed.")
    return learn_numbers(features_of(examples.embeddings, examples.texts), ratings / scale, WIDTH, RIDGE)


def _result(score: float, confidence: float | None, rationale: str) -> Result:
    label = "negative" if score < -NEUTRAL else "positive" if score > NEUTRAL else "neutral"
    return Result(
        output={"sentiment": round(score, 4), "label": label}, confidence=confidence, rationale=f"{rationale}."
    )


@lru_cache(maxsize=1)
def _vader() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()
