"""What a working agent may reach depends on its role, and every read is on record."""

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.adapters.ports import AgentFailed
from coordination.memory.services import save_knowledge_base
from coordination.runs.models import DataAccess, Run
from coordination.runs.reach import GuardedReach
from coordination.runs.work import AgentWork
from tests.integration.runs.conftest import World, manifest
from tests.working import claim


@pytest.fixture
def held(world: World) -> AgentWork:
    for name, classification in (("open", "public"), ("closed", "confidential")):
        document = {"key": "d", "title": "T", "text": "A lamp.", "label": "lamp", "classification": classification}
        save_knowledge_base(world.organization, manifest("KnowledgeBase", name, {"documents": [document]}), SYSTEM)
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run: Run = world.start()
    held = claim(run.pk, "a")
    assert held is not None
    assert isinstance(held.work, AgentWork)
    return held.work


def test_an_agent_reads_what_its_role_may_and_leaves_an_access(held: AgentWork) -> None:
    assert GuardedReach(held).examples("open").labels == ("lamp",)
    assert [hit.text for hit in GuardedReach(held).search("open", "lamp")] == ["A lamp."]
    assert [(a.what, a.classification, a.decision) for a in DataAccess.objects.order_by("id")] == [
        ("open", "public", "allow"),
        ("open", "public", "allow"),
    ]


def test_an_agent_does_not_read_beyond_its_role_and_the_attempt_is_on_record(held: AgentWork) -> None:
    assert GuardedReach(held).search("closed", "lamp") == []
    with pytest.raises(AgentFailed, match="may not read confidential data"):
        GuardedReach(held).examples("closed")
    assert DataAccess.objects.filter(decision="deny", what="closed").count() == 1


def test_what_is_remembered_is_on_record_too(held: AgentWork) -> None:
    GuardedReach(held).remember("mood", "calm")
    assert DataAccess.objects.get().kind == "memory written"
