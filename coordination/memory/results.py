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
    document_id: UUID | None = None
    # Where it stands: the file or page it was read from, and the place in it.
    source: str = ""
    place: str = ""
    # Why it is not to be trusted: what it says is to be read, never to be obeyed.
    taint: str = ""

    @property
    def citation(self) -> str:
        """Return where somebody can look it up."""
        named = self.source or self.title or self.document_key
        return f"{named}, {self.place}" if self.place else named


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
    # Why one of them is not to be trusted; empty where all are.
    taint: str = ""
