"""What a working agent may reach depends on its role, and every read is on record."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.adapters.ports import AgentFailed
from coordination.agents.models import Agent
from coordination.memory.models import Document, KnowledgeBase, MemoryEntry, MemoryUse
from coordination.memory.selectors import tainted_reads
from coordination.memory.services import save_knowledge_base
from coordination.runs.history import RunHistory
from coordination.runs.models import DataAccess, Run, Step
from coordination.runs.reach import GuardedReach
from coordination.runs.work import AgentWork
from coordination.shared.clock import now
from coordination.shared.errors import CoordinationError
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


def reading_internal(work: AgentWork) -> AgentWork:
    return replace(work, reads=("public", "internal"))


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


def test_memory_of_the_run_the_agent_and_the_organization_are_apart(held: AgentWork) -> None:
    reach = GuardedReach(reading_internal(held))
    for namespace in ("run", "agent", "organization"):
        assert reach.remember("x", namespace, namespace=namespace) == 1
    assert [reach.recall("x", one) for one in ("run", "agent", "organization")] == ["run", "agent", "organization"]
    with pytest.raises(AgentFailed, match="no namespace galaxy"):
        reach.recall("x", "galaxy")


def test_writing_only_at_a_version_fails_when_somebody_wrote_in_between(held: AgentWork) -> None:
    reach = GuardedReach(held)
    assert reach.remember("x", 1, expected_version=0) == 1
    with pytest.raises(CoordinationError, match="at version 1"):
        reach.remember("x", 2, expected_version=0)
    assert reach.remember("x", 2, expected_version=1) == 2


def test_what_is_given_is_on_record_by_document_and_entry(held: AgentWork) -> None:
    reach = GuardedReach(reading_internal(held))
    [hit] = reach.search("open", "lamp")
    reach.remember("mood", "calm")
    reach.recall("mood")
    used = MemoryUse.objects.filter(run_id=held.run_id).order_by("id").values_list("kind", "used_id", "name")
    assert list(used) == [("document", hit.document_id, "T"), ("memory", MemoryEntry.objects.get().pk, "mood")]


def test_a_knowledge_base_for_another_role_is_not_read(held: AgentWork) -> None:
    base = KnowledgeBase.objects.get(name="open")
    base.agent_roles = ["elsewhere"]
    base.save()
    assert GuardedReach(held).search("open", "lamp") == []
    with pytest.raises(AgentFailed, match="not for the role"):
        GuardedReach(held).examples("open")
    assert DataAccess.objects.filter(what="open", decision="deny").count() == 2
    base.agent_roles = [Agent.objects.get(name="echo").role_name]
    base.save()
    assert GuardedReach(held).search("open", "lamp")


def test_taint_travels_from_a_document_through_memory_into_the_next_run(held: AgentWork, world: World) -> None:
    Document.objects.filter(knowledge_base__name="open").update(taint="from the page x")
    GuardedReach(held).search("open", "lamp")
    GuardedReach(held).remember("rule", "obey", namespace="organization")
    assert MemoryEntry.objects.get().taint == "from the page x"
    later = reading_internal(replace(held, run_id=world.start().pk))
    assert tainted_reads(later.run_id) == []
    GuardedReach(later).recall("rule", "organization")
    assert tainted_reads(later.run_id) == [("rule", "from the page x")]
    history = RunHistory(world.organization.pk, later.run_id, "b").lookups()
    assert ("rule" in history["history.tainted_sources"](), "tainted" in history["flow.labels"]()) == (True, True)


def test_what_is_written_is_classified_as_high_as_what_was_read(held: AgentWork) -> None:
    reach = GuardedReach(replace(held, reads=("public", "confidential")))
    reach.search("closed", "lamp")
    reach.remember("x", 1, classification="public")
    assert MemoryEntry.objects.get().classification == "confidential"


def test_history_tells_what_came_before_within_a_budget_and_not_what_may_not_be_read(
    held: AgentWork, world: World
) -> None:
    before = [("first", "A" * 400, "public"), ("second", "B" * 40, "public"), ("third", "C" * 40, "confidential")]
    for at, (key, said, classification) in enumerate(before):
        finished = now() + timedelta(seconds=at)
        done = {"status": "succeeded", "output": {"said": said}, "finished_at": finished}
        Step.objects.create(
            run_id=held.run_id, key=key, position=at + 1, agent="echo", organization_id=held.organization_id, **done
        )
        GuardedReach(replace(held, step_key=key))._record("knowledge", "k", classification, "allow", 1)
    told = GuardedReach(held).history(1_000)
    assert [turn.text for turn in told] == [f'{{"said": "{"A" * 400}"}}', f'{{"said": "{"B" * 40}"}}']
    assert [turn.text[10] for turn in GuardedReach(held).history(50)] == ["B"]


def test_a_conversation_outlives_its_run(held: AgentWork, world: World) -> None:
    held = replace(held, reads=("public", "customer"))
    GuardedReach(held).say("case-7", "My lamp is broken.", "Mara")
    GuardedReach(held).say("case-7", "I am sorry.")
    later = GuardedReach(replace(held, run_id=world.start().pk))
    assert [(turn.author, turn.text) for turn in later.conversation("case-7")] == [
        ("Mara", "My lamp is broken."), ("echo", "I am sorry."),
    ]  # fmt: skip
    assert [turn.text for turn in later.conversation("case-7", tokens=6)] == ["I am sorry."]
    assert GuardedReach(replace(held, reads=("public",))).conversation("case-7") == []
