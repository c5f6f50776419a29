"""One worker process carries more runs than it has places for."""

import pytest

from coordination.runs.carrier import Carrier
from coordination.runs.models import Run
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
