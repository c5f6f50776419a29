"""Quote sources for a question, and hold a text to its sources."""

from dataclasses import dataclass

import numpy as np

from coordination.adapters.ports import Reach, Source
from coordination.bundled.sentences import markers_in, sentences_of, without_markers

# Below this cosine a sentence is about something else.
RELATED = 0.3
SUPPORTED = 0.5
SAME = 0.9
# What the search put first is more likely to be the answer: each place further down costs this much similarity.
COST_OF_PLACE = 0.03


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a source, its number counted from 1."""

    number: int
    sentence: str
    similarity: float


def quotes_for(question: str, sources: list[Source], reach: Reach, n: int) -> list[Quote]:
    """Return up to n different sentences of the sources that answer a question, in the order of the sources."""
    candidates = [(at, sentence) for at, source in enumerate(sources, 1) for sentence in sentences_of(source.text)]
    if not candidates:
        return []
    asked = [question, *sentences_of(question)]
    # A sentence is understood under its title: "Choose Return." says little by itself.
    offered_texts = [f"{sources[at - 1].title}: {sentence}" for at, sentence in candidates]
    rows = reach.embed([*asked, *offered_texts])
    wanted, offered = rows[: len(asked)], rows[len(asked) :]
    likeness = offered @ wanted.T
    # Half for the whole question, half for the part of it that the sentence answers best.
    similarity = (likeness[:, 0] + likeness.max(axis=1)) / 2
    value = similarity - COST_OF_PLACE * np.array([at - 1 for at, _ in candidates])
    chosen: list[int] = []
    for index in (int(number) for number in np.argsort(-value)):
        repeats = any(float(offered[index] @ offered[other]) > SAME for other in chosen)
        if similarity[index] >= RELATED and not repeats and len(chosen) < n:
            chosen.append(index)
    return [Quote(*candidates[index], round(float(similarity[index]), 4)) for index in sorted(chosen)]


def cited_only(text: str, sources: list[Source], reach: Reach) -> tuple[str, float]:
    """Return the text with a citation behind every sentence that a source supports, and the share of those sentences.

    Citations of sources that do not exist are removed.
    """
    sentences = sentences_of(text)
    passages = [(at, sentence) for at, source in enumerate(sources, 1) for sentence in sentences_of(source.text)]
    if not sentences or not passages:
        return without_markers(text), 0.0
    rows = reach.embed([*map(without_markers, sentences), *(sentence for _, sentence in passages)])
    likeness = rows[: len(sentences)] @ rows[len(sentences) :].T
    written, n_supported = [], 0
    for sentence, row in zip(sentences, likeness, strict=True):
        numbers = [number for number in markers_in(sentence) if 0 < number <= len(sources)]
        if not numbers and float(row.max()) >= SUPPORTED:
            numbers = [passages[int(row.argmax())][0]]
        n_supported += bool(numbers)
        written.append(without_markers(sentence) + "".join(f" [{number}]" for number in numbers))
    return " ".join(written), n_supported / len(sentences)
