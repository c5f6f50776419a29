"""One worker process carries more runs than it has places for."""

import threading
import time

import pytest

from coordination.runs.carrier import Carrier
from coordination.runs.models import Run, WorkItem
from tests.integration.runs.conftest import World


@pytest.mark.django_db(transaction=True)
def test_a_worker_stays_until_all_that_is_due_has_been_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rings: list[str] = []
    monkeypatch.setattr("coordination.runs.queue.ring_now", rings.append)
    world.workflow({"id": "a", "agent": {"name": "echo"}}, {"id": "b", "needs": ["a"], "agent": {"name": "echo"}})
    for _ in range(9):
        world.start()
    Carrier("io", 2).answer()
    assert Run.objects.filter(status="succeeded").count() == 9


@pytest.mark.django_db(transaction=True)
def test_a_worker_whose_time_is_over_leaves_what_is_still_due_to_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[str] = []
    monkeypatch.setattr("coordination.runs.queue.ring_now", rings.append)
    world.agent("nap", "nap")
    world.workflow({"id": "a", "agent": {"name": "nap"}})
    for _ in range(3):
        world.start()
    carrier = Carrier("io", 1)
    answering = threading.Thread(target=carrier.answer, args=(time.monotonic() + 0.05,), daemon=True)
    answering.start()
    answering.join(10)
    assert not answering.is_alive()
    assert rings[-1] == "io"
    assert WorkItem.objects.filter(worker="").count() == 2
