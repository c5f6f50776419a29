"""The seeded demo, and a worker that carries its runs out in this thread."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import pytest

from coordination.accounts.models import Organization
from coordination.demo.seed import seed
from coordination.memory.embedding import MINILM, embed
from coordination.memory.results import Matrix
from coordination.memory.services import documents


@pytest.fixture(scope="session", autouse=True)
def knowledge_embedded_once() -> Iterator[None]:
    """Give the same rows for the same texts: every test seeds the same knowledge."""
    remembered = lru_cache(lambda texts, model: embed(list(texts), model))

    def embedded(texts: Sequence[str], model: str = MINILM) -> Matrix:
        return remembered(tuple(texts), model)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "embed", embedded)
        yield


@pytest.fixture
def acme(db: None) -> Organization:
    seed()
    return Organization.objects.get(slug="acme")
