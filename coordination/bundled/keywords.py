"""Learn which words speak for which label: naive Bayes, nothing but counting."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from coordination.adapters.ports import Matrix
from coordination.bundled.learning import N_PARTS, Integers, parts_of, sharpness_of, softmax

_WORD = re.compile(r"[a-z0-9']+")
# Added to every count, so that one unknown word cannot rule a label out.
UNSEEN = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class WordCounter:
    """What was counted: `evidence` is words × labels, the logarithm of how common a word is under a label."""

    labels: tuple[str, ...]
    words: dict[str, int]
    evidence: Matrix
    texts: tuple[frozenset[str], ...]
    sharpness: float

    def probabilities(self, texts: Sequence[str]) -> Matrix:
        """Return the probability of each label for each text."""
        return softmax(self.sharpness * _scores(texts, self.words, self.evidence))

    def nearest(self, text: str, n: int) -> Integers:
        """Return the indices of the examples that share most words with a text."""
        asked = frozenset(terms_of(text))
        shared = np.array([len(asked & words) / max(1, len(asked | words)) for words in self.texts])
        return np.argsort(-shared, kind="stable")[:n]


def learn_words(texts: Sequence[str], labels: Sequence[str]) -> WordCounter:
    """Return a counter of these examples; how sure it may be is found on examples that were not counted."""
    names = tuple(sorted(set(labels)))
    index = {name: number for number, name in enumerate(names)}
    y = np.array([index[label] for label in labels])
    part = parts_of(y, N_PARTS)
    scored = []
    for number in range(N_PARTS):
        inside = [text for text, at in zip(texts, part, strict=True) if at != number]
        outside = [text for text, at in zip(texts, part, strict=True) if at == number]
        if inside and outside:
            counted = _count(inside, y[part != number], len(names))
            scored.append((_scores(outside, *counted), y[part == number]))
    words, evidence = _count(texts, y, len(names))
    sets = tuple(frozenset(terms_of(text)) for text in texts)
    return WordCounter(names, words, evidence, sets, sharpness_of(scored))


def terms_of(text: str) -> list[str]:
    """Return the words of a text and each pair of neighbours."""
    words = _WORD.findall(text.lower())
    return words + [f"{a} {b}" for a, b in pairwise(words)]


def _count(texts: Sequence[str], y: Integers, n_labels: int) -> tuple[dict[str, int], Matrix]:
    words: dict[str, int] = {}
    pairs = [
        (words.setdefault(term, len(words)), label)
        for text, label in zip(texts, y, strict=True)
        for term in terms_of(text)
    ]
    counts = np.full((len(words), n_labels), UNSEEN, dtype=np.float32)
    np.add.at(counts, tuple(np.array(pairs, dtype=np.int64).reshape(-1, 2).T), 1.0)
    evidence: Matrix = np.log(counts / counts.sum(axis=0)) - np.log(counts.sum(axis=1, keepdims=True) / counts.sum())
    return words, evidence


def _scores(texts: Sequence[str], words: dict[str, int], evidence: Matrix) -> Matrix:
    """Return the mean evidence of each text's words: a long text is not surer of itself for being long."""
    scores = np.zeros((len(texts), evidence.shape[1]), dtype=np.float32)
    for row, text in enumerate(texts):
        known = [words[term] for term in terms_of(text) if term in words]
        if known:
            scores[row] = evidence[known].sum(axis=0) / np.sqrt(len(known))
    return scores
