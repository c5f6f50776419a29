"""How long a search takes in 1,000, 10,000 and 100,000 passages, and what it finds, beside a bare pgvector query.

The passages are sentences put together from the vocabulary of the demo's articles; their vectors are those of real
sentences with noise, so that neighbours exist as they do in real text. Embedding 100,000 passages would take an hour
and change nothing about a search.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from uuid import UUID

import numpy as np
from django.db import connection

from coordination.accounts.models import Organization
from coordination.accounts.services import create_organization
from coordination.benchmarks.measure import Measurement, Options
from coordination.memory.embedding import embed
from coordination.memory.models import Document, KnowledgeBase, Passage
from coordination.memory.results import Matrix
from coordination.memory.selectors import search_in
from coordination.shared.ids import new_id

SIZES = (1_000, 10_000, 100_000)
QUERIES = 60
K = 10
_SEEDS = 400
_NOISE = 0.7
_AT_A_TIME = 2_000
# Words as often as in English (Zipf), from the thirtieth on: the most frequent ones are not searched for.
_WORDS = 20_000
_WORDS_EACH = 24
_BARE = "SELECT document_id FROM memory_passage WHERE knowledge_base_id = %s ORDER BY embedding <#> %s::vector LIMIT %s"


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """A knowledge base, and what is known of it without a database: its vectors and whose they are."""

    base: KnowledgeBase
    rows: Matrix
    documents: list[UUID]

    def recall(self, asked: Matrix, found: Mapping[int, set[UUID | None]]) -> float:
        """Return the share of the exact ten nearest that was found."""
        hits = 0
        for at, row in enumerate(asked):
            exact = np.argpartition(-(self.rows @ row), K)[:K]
            hits += len({self.documents[one] for one in exact} & found[at])
        return round(hits / (K * len(asked)), 3)


def measure(options: Options) -> Iterator[Measurement]:
    """Yield searches per second for each size, p50 and p95, and the share of the exact nearest that is found."""
    rng = random.Random(7)
    organization = create_organization(f"bench-{new_id().hex[-12:]}", "Benchmark")
    words = _vocabulary(rng)
    centres = embed(_sentences(rng, words, _SEEDS))
    sizes = [size for size in SIZES if not options.sample or size <= options.sample] or [options.sample]
    for size in sizes:
        filled = _filled(organization, size, _sentences(rng, words, size), centres)
        yield _measured(filled, size, _sentences(rng, words, QUERIES, 8))


def _measured(filled: Filled, size: int, asked: list[str]) -> Measurement:
    rows = embed(asked)
    vectors, base = [str(row.tolist()) for row in rows], filled.base
    found: dict[int, set[UUID | None]] = {}
    near: dict[int, set[UUID | None]] = {}

    def search(at: int) -> None:
        found[at] = {hit.document_id for hit in search_in(base, asked[at], k=K)}

    def bare(at: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_BARE, [base.pk, vectors[at], K])
            near[at] = {row[0] for row in cursor.fetchall()}

    ours, theirs = _times(search), _times(bare)
    embedding = _times(lambda at: embed([asked[at]]))
    details = {
        "p50_ms": _ms(median(ours)), "p95_ms": _ms(_p95(ours)), "embedding_p50_ms": _ms(median(embedding)),
        "bare_p50_ms": _ms(median(theirs)), "bare_p95_ms": _ms(_p95(theirs)),
        "recall@10": filled.recall(rows, near), "of them in the fused ten": filled.recall(rows, found),
    }  # fmt: skip
    return Measurement(f"search {size:,}", 1 / median(ours), "searches/s", 1 / median(theirs), details)


def _times(act: Callable[[int], object]) -> list[float]:
    act(0)
    taken = []
    for at in range(QUERIES):
        began = time.perf_counter()
        act(at)
        taken.append(time.perf_counter() - began)
    return taken


def _filled(organization: Organization, size: int, texts: list[str], centres: Matrix) -> Filled:
    """Make a knowledge base of so many documents of one passage each."""
    base = KnowledgeBase.objects.create(organization=organization, name=f"passages-{size}")
    rng = np.random.default_rng(size)
    kept: list[Matrix] = []
    ids: list[UUID] = []
    for start in range(0, size, _AT_A_TIME):
        picked = rng.integers(0, len(centres), min(_AT_A_TIME, size - start))
        noise = rng.normal(0, _NOISE / np.sqrt(centres.shape[1]), (len(picked), centres.shape[1]))
        rows = centres[picked] + noise
        rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        part = texts[start : start + len(picked)]
        documents = [Document(knowledge_base=base, key=f"d{start + at}", text=text) for at, text in enumerate(part)]
        Document.objects.bulk_create(documents)
        kept.append(rows)
        ids += [document.pk for document in documents]
        Passage.objects.bulk_create(
            Passage(
                knowledge_base=base,
                document=document,
                position=0,
                text=document.text,
                n_words=_WORDS_EACH,
                embedding=row,
            )
            for document, row in zip(documents, rows, strict=True)
        )
    KnowledgeBase.objects.filter(pk=base.pk).update(n_passages=size, n_words=size * _WORDS_EACH)
    base.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE memory_passage")
        cursor.execute("VACUUM ANALYZE memory_document")
    return Filled(base, np.concatenate(kept), ids)


def _vocabulary(rng: random.Random) -> list[str]:
    """Return made-up words that sound like words: stemming and full text treat them as such."""
    syllables = [
        f"{first}{vowel}{last}" for first in "bdfgklmnprstv" for vowel in "aeiou" for last in ("", "n", "r", "l")
    ]
    return ["".join(rng.choices(syllables, k=3)) for _ in range(_WORDS)]


def _sentences(rng: random.Random, words: list[str], n: int, length: int = _WORDS_EACH) -> list[str]:
    weights = [1 / (rank + 30) for rank in range(len(words))]
    drawn = rng.choices(words, weights, k=n * length)
    return [" ".join(drawn[at : at + length]) for at in range(0, len(drawn), length)]


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


def _ms(seconds: float) -> float:
    return round(1_000 * seconds, 1)
