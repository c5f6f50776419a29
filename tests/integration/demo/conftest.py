"""The seeded demo, and a worker that carries its runs out in this thread."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import pytest

from coordination.accounts.models import Organization
from coordination.demo.seed import seed
from coordination.memory import services
from coordination.memory.embedding import MINILM, embed
from coordination.memory.results import Matrix
from coordination.runs.models import Run, Step
from coordination.runs.performing import perform
from coordination.runs.services import claim, finish


@pytest.fixture(scope="session", autouse=True)
def knowledge_embedded_once() -> Iterator[None]:
    """Give the same rows for the same texts: every test seeds the same knowledge."""
    remembered = lru_cache(lambda texts, model: embed(list(texts), model))

    def embedded(texts: Sequence[str], model: str = MINILM) -> Matrix:
        return remembered(tuple(texts), model)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "embed", embedded)
        yield


@pytest.fixture
def acme(db: None) -> Organization:
    seed()
    return Organization.objects.get(slug="acme")


def work(run: Run) -> Run:
    """Do everything that can be done now in a run, one step after the other."""
    while ready := Step.objects.filter(run=run, status="ready").order_by("position").first():
        Step.objects.filter(pk=ready.pk).update(due_at=None)
        held = claim(run.pk, ready.key, "test", ready.pool)
        while held is not None:
            held = finish(held, perform(held), "test", ready.pool, keep=True)
    run.refresh_from_db()
    return run
