"""What reading a knowledge base gives back: plain values, so that an agent needs no database to be tested."""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage that answers a query; a higher score is a better answer, comparable within one search only."""

    document_key: str
    title: str
    text: str
    score: float
    passage_id: UUID
    classification: str


@dataclass(frozen=True, slots=True, eq=False)
class LabelledExamples:
    """Every labelled passage of a knowledge base, row by row: `embeddings` is n × 384, each row of length 1.

    `revision` is unique to one state of one knowledge base, so it may key a cache of whatever was learned from it.
    """

    revision: str
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    embeddings: Matrix
    # Every classification among them.
    classifications: tuple[str, ...] = ()
