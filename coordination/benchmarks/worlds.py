"""What the bundled agents achieve on real data, beside the figures that the data sets' own READMEs give.

Everything is measured on cases that nothing was learned from: k-fold with fixed parts, whole reviews in one part.
"""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandError
from numpy.typing import NDArray

from coordination.accounts.models import Organization
from coordination.accounts.services import create_organization
from coordination.adapters.ports import Matrix
from coordination.benchmarks.measure import Measurement, Options
from coordination.bundled.keywords import learn_words
from coordination.bundled.learning import Integers, learn_labels, learn_numbers, parts_of
from coordination.bundled.sentiment import RIDGE, WIDTH, features_of, tones_of
from coordination.memory.embedding import MINILM, WORDLLAMA, embed
from coordination.memory.models import KnowledgeBase
from coordination.memory.selectors import search
from coordination.memory.services import DocumentInput, put_documents
from coordination.shared.ids import new_id

N_PARTS = 5
SURE = 0.6
Numbers = NDArray[np.float64]
# From the indices to learn from and those to guess: the labels, and how likely each is, a row for each guess.
Guess = Callable[[Integers, Integers], tuple[Sequence[str], Matrix]]
# From the READMEs, measured on their held-out cases: logistic regression on MiniLM and WordLlama, tf-idf with a linear
# SVM; reciprocal rank fusion of BM25 and MiniLM on the public tasks; VADER and MiniLM ridge together.
BANKING_MINILM, BANKING_WORDLLAMA, BANKING_WORDS = 0.930, 0.907, 0.894
TAU2_FUSION = 0.252
SENTIMENT_BOTH = 0.759


@dataclass(frozen=True, slots=True)
class Inquiries:
    """Messages and what they are about."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a customer wants, and the keys of the documents that an answer needs."""

    scenario: str
    needed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rated:
    """Sentences, the mean of what people said of each (−4 … +4), and the review it is from."""

    texts: tuple[str, ...]
    ratings: Numbers
    reviews: tuple[str, ...]


def measure(options: Options) -> list[Measurement]:
    """Return accuracy of intents, recall of retrieval and correlation of sentiment."""
    if options.data is None or not options.data.is_dir():
        raise CommandError("worlds needs the data sets: name their folder with --data.")
    inquiries = banking77(options.data, options.sample)
    return [
        intents(inquiries, MINILM),
        intents(inquiries, WORDLLAMA),
        intents_by_keywords(inquiries),
        retrieval(options.data, options.sample),
        sentiment(options.data, options.sample),
    ]


def banking77(data: Path, sample: int = 0) -> Inquiries:
    """Return the train split, or an even sample of it."""
    with (data / "banking77" / "train.csv").open(newline="") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    if sample and sample < len(rows):
        # Sorted by label, every n-th row: each label keeps its share.
        rows.sort(key=lambda row: row[1])
        rows = [rows[round(at)] for at in np.linspace(0, len(rows) - 1, sample)]
    return Inquiries(tuple(text for text, _ in rows), tuple(label for _, label in rows))


def documents(data: Path) -> list[DocumentInput]:
    """Return the documents of the bank's knowledge base."""
    rows = _lines(data / "tau2_banking_kb" / "documents.jsonl")
    return [DocumentInput(row["id"], row["title"], row["content"]) for row in rows]


def questions(data: Path, sample: int = 0) -> list[Question]:
    """Return the public tasks: what an agent is told at run time, and what it should have found."""
    rows = _lines(data / "tau2_banking_kb" / "tasks.jsonl")[: sample or None]
    return [Question(row["scenario"], frozenset(row["required_documents"])) for row in rows]


def rated(data: Path, sample: int = 0) -> Rated:
    """Return the rated review sentences, or the first of them."""
    with (data / "sentiment_reviews" / "sentences.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[: sample or None]
    return Rated(
        tuple(row["text"] for row in rows),
        np.array([float(row["mean_rating"]) for row in rows]),
        tuple(row["id"].partition("_")[0] for row in rows),
    )


def numbered(labels: Sequence[str]) -> Integers:
    """Return each label's place in the sorted list of labels."""
    return np.unique(np.array(labels), return_inverse=True)[1].astype(np.int64)


def intents(inquiries: Inquiries, model: str) -> Measurement:
    """Return how often the nearest examples name the right intent."""
    rows = embed(inquiries.texts, model)

    def guess(inside: Integers, outside: Integers) -> tuple[Sequence[str], Matrix]:
        classifier = learn_labels(rows[inside], [inquiries.labels[i] for i in inside])
        return classifier.labels, classifier.probabilities(rows[outside])

    baseline = BANKING_MINILM if model == MINILM else BANKING_WORDLLAMA
    return _accuracy(f"banking77 {model}", inquiries, guess, baseline)


def intents_by_keywords(inquiries: Inquiries) -> Measurement:
    """Return how often counting words names the right intent."""

    def guess(inside: Integers, outside: Integers) -> tuple[Sequence[str], Matrix]:
        counter = learn_words([inquiries.texts[i] for i in inside], [inquiries.labels[i] for i in inside])
        return counter.labels, counter.probabilities([inquiries.texts[i] for i in outside])

    return _accuracy("banking77 keywords", inquiries, guess, BANKING_WORDS)


def retrieval(data: Path, sample: int = 0) -> Measurement:
    """Return the share of the needed documents among the first ten, through the product's own search.

    A sample has fewer documents to search too, so its figure is higher than that of the whole.
    """
    organization = create_organization(f"bench-{new_id().hex[-12:]}", "Benchmark")
    base = KnowledgeBase.objects.create(organization=organization, name="bank")
    asked = questions(data, sample)
    put_documents(base, _library(documents(data), asked) if sample else documents(data))
    linked = [_found(organization, base.name, question, follow_links=True) for question in asked]
    fused = [_found(organization, base.name, question, follow_links=False) for question in asked]
    details = {f"recall@{k}": round(_recall(asked, linked, k), 3) for k in (5, 20, 50)}
    details["recall@10 without links"] = round(_recall(asked, fused, 10), 3)
    return Measurement("tau2_banking_kb recall@10", _recall(asked, linked, 10), "share", TAU2_FUSION, details)


def sentiment(data: Path, sample: int = 0) -> Measurement:
    """Return the correlation with what people said, no review in two parts."""
    cases = rated(data, sample)
    features = features_of(embed(cases.texts), cases.texts).astype(np.float64)
    # The reviews are dealt out, with all their sentences.
    part = parts_of(np.zeros(len(set(cases.reviews)), dtype=np.int64), N_PARTS)[numbered(cases.reviews)]
    guessed = np.empty(len(cases.texts))
    for number in range(N_PARTS):
        rate = learn_numbers(features[part != number], cases.ratings[part != number] / 4, WIDTH, RIDGE)
        guessed[part == number] = rate(features[part == number]) * 4
    vader = float(np.corrcoef(tones_of(cases.texts)[:, -1], cases.ratings)[0, 1])
    details = {"macro_f1": round(_macro_f1(guessed, cases.ratings), 3), "vader_alone": round(vader, 3)}
    correlation = float(np.corrcoef(guessed, cases.ratings)[0, 1])
    return Measurement("sentiment_reviews", correlation, "Pearson r", SENTIMENT_BOTH, details)


def _accuracy(name: str, inquiries: Inquiries, guess: Guess, baseline: float) -> Measurement:
    truth = np.array(inquiries.labels)
    part = parts_of(numbered(inquiries.labels), N_PARTS)
    right, sure = np.zeros(len(truth), dtype=bool), np.zeros(len(truth))
    for number in range(N_PARTS):
        inside, outside = np.flatnonzero(part != number), np.flatnonzero(part == number)
        labels, chances = guess(inside, outside)
        right[outside] = np.array(labels)[chances.argmax(axis=1)] == truth[outside]
        sure[outside] = chances.max(axis=1)
    details = {
        "n": len(truth),
        "folds": N_PARTS,
        "calibration_error": round(_calibration_error(sure, right), 3),
        f"share_sure_{SURE}": round(float((sure >= SURE).mean()), 3),
        f"right_when_sure_{SURE}": round(float(right[sure >= SURE].mean()), 3),
    }
    return Measurement(name, float(right.mean()), "accuracy", baseline, details)


def _calibration_error(sure: Numbers, right: NDArray[np.bool_], n_bins: int = 15) -> float:
    """Return the mean distance between how sure and how right (expected calibration error; Naeini et al. 2015)."""
    at = np.minimum((sure * n_bins).astype(int), n_bins - 1)
    bins = [at == number for number in np.unique(at)]
    return float(sum(abs(right[b].mean() - sure[b].mean()) * b.mean() for b in bins))


def _library(everything: Sequence[DocumentInput], asked: Sequence[Question]) -> list[DocumentInput]:
    """Return what the questions need, and every fourth of the other documents to hide it among."""
    needed = {key for question in asked for key in question.needed}
    others = [document for document in everything if document.key not in needed]
    return [document for document in everything if document.key in needed] + others[::4]


def _found(organization: Organization, name: str, question: Question, *, follow_links: bool) -> list[str]:
    hits = search(organization, name, question.scenario, k=50, follow_links=follow_links)
    return [hit.document_key for hit in hits]


def _recall(asked: Sequence[Question], found: Sequence[Sequence[str]], k: int) -> float:
    shares = [len(q.needed.intersection(keys[:k])) / len(q.needed) for q, keys in zip(asked, found, strict=True)]
    return sum(shares) / len(shares)


def _macro_f1(guessed: Numbers, truth: Numbers) -> float:
    """Return the mean F1 of negative (below −0.5), neutral and positive (above 0.5)."""
    said, true = np.digitize(guessed, [-0.5, 0.5]), np.digitize(truth, [-0.5, 0.5])
    scores = []
    for label in range(3):
        hits = int(((said == label) & (true == label)).sum())
        scores.append(2 * hits / max(1, int((said == label).sum() + (true == label).sum())))
    return sum(scores) / len(scores)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]
