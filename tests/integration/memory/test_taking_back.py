"""Quarantine, versions and rollback of what was remembered and known."""

from datetime import timedelta

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.audit.selectors import events
from coordination.memory.errors import MemoryFull, MemoryHeld, MemoryInvalid, MemoryTooLarge, MemoryUnknown
from coordination.memory.models import KnowledgeBase, MemoryEntry, UseKind
from coordination.memory.selectors import (
    document,
    entry,
    labelled_examples,
    readers_of,
    recall,
    runs_that_used,
    search,
    tainted_reads,
)
from coordination.memory.services import (
    Rollback,
    Used,
    forget,
    forget_expired,
    note_uses,
    plan_rollback,
    quarantine_documents,
    quarantine_memory,
    release_memory,
    remember,
    remembering,
    restore_version,
    roll_back,
)
from coordination.shared.clock import now
from coordination.shared.ids import new_id
from tests.factories import make_organization
from tests.integration.memory.conftest import saved

RUN, OTHER = new_id(), new_id()


def value_of(organization: Organization, key: str, agent: str = "") -> object:
    found = recall(organization, None, key, agent=agent)
    return found.value if found else None


def test_namespaces_are_apart(organization: Organization) -> None:
    remember(organization, run_id=RUN, key="x", value=1, writer="a")
    remember(organization, agent="a", key="x", value=2, writer="a")
    remember(organization, key="x", value=3, writer="a")
    assert recall(organization, RUN, "x") is not None
    assert (value_of(organization, "x", "a"), value_of(organization, "x"), value_of(organization, "x", "b")) == (
        2,
        3,
        None,
    )
    assert {one.namespace for one in MemoryEntry.objects.all()} == {"run", "agent", "organization"}


def test_what_has_come_to_its_end_is_read_no_more_and_then_gone(organization: Organization) -> None:
    remember(organization, key="x", value=1, writer="a", expires_at=now() - timedelta(seconds=1))
    assert value_of(organization, "x") is None
    # It counts as not there for who writes it the first time.
    assert remember(organization, key="x", value=2, writer="a", expected_version=0).value == 2
    MemoryEntry.objects.update(expires_at=now() - timedelta(seconds=1))
    assert forget_expired() == 1
    assert not MemoryEntry.objects.exists()
    assert events(organization, kind="MemoryExpired").count() == 1


@pytest.mark.parametrize(
    "about", [{"key": " "}, {"confidence": 1.5}, {"classification": "secret"}, {"scope": "x" * 101}]
)
def test_what_makes_no_sense_is_not_remembered(organization: Organization, about: dict[str, object]) -> None:
    with pytest.raises(MemoryInvalid):
        remember(organization, **{"key": "x", "value": 1, "writer": "a", **about})  # type: ignore[arg-type]


def test_a_flood_of_memory_is_held_back(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MemoryTooLarge):
        remember(organization, key="x", value="x" * 70_000, writer="a")
    monkeypatch.setattr(remembering, "MOST_ENTRIES", 2)
    for key in ("a", "b"):
        remember(organization, key=key, value=1, writer="a")
    with pytest.raises(MemoryFull):
        remember(organization, key="c", value=1, writer="a")
    remember(organization, run_id=RUN, key="c", value=1, writer="a")


def test_an_earlier_version_comes_back_as_a_new_one(organization: Organization) -> None:
    for value in ("right", "wrong"):
        held = remember(organization, key="x", value=value, writer="a")
    restored = restore_version(organization, held, 1, "It was wrong.", SYSTEM)
    assert (restored.value, restored.version, value_of(organization, "x")) == ("right", 3, "right")
    assert [version.value for version in restored.versions.all()] == ["wrong", "right"]


def test_what_is_in_quarantine_is_neither_read_nor_overwritten(organization: Organization) -> None:
    held = remember(organization, key="x", value=1, writer="a")
    quarantine_memory(organization, held, "Looks wrong.", SYSTEM)
    assert value_of(organization, "x") is None
    with pytest.raises(MemoryHeld):
        remember(organization, key="x", value=2, writer="a")
    release_memory(organization, held, "Fine.", SYSTEM)
    assert value_of(organization, "x") == 1


def test_what_runs_left_behind_that_used_a_document_is_taken_back(
    organization: Organization, articles: KnowledgeBase
) -> None:
    poisoned = articles.documents.get(key="tea")
    note_uses(organization.pk, RUN, "s", "a", [Used(UseKind.DOCUMENT, poisoned.pk, "tea", taint="from a page")])
    remember(organization, key="rule", value="sound", writer="a", written_in=OTHER)
    remember(organization, key="rule", value="poisoned", writer="a", written_in=RUN)
    remember(organization, key="new", value="poisoned", writer="a", written_in=RUN)
    remember(organization, key="kept", value="sound", writer="a", written_in=OTHER)
    wanted = Rollback(tuple(runs_that_used(organization, [poisoned.pk])))
    assert [(turn.entry.key, bool(turn.back_to)) for turn in plan_rollback(organization, wanted)] == [
        ("new", False), ("rule", True),
    ]  # fmt: skip
    assert value_of(organization, "rule") == "poisoned"
    roll_back(organization, wanted, "Poisoned.", SYSTEM)
    assert [value_of(organization, key) for key in ("rule", "new", "kept")] == ["sound", None, "sound"]
    assert plan_rollback(organization, wanted) == []
    kinds = [event.kind for event in events(organization, stream=f"memory:{RUN}")]
    assert sorted(set(kinds)) == ["MemoryQuarantined", "MemoryWritten"]
    assert events(organization, kind="MemoryRestored").count() == 1


def test_what_somebody_wrote_since_a_moment_is_taken_back(organization: Organization) -> None:
    remember(organization, key="x", value="before", writer="rogue")
    moment = now()
    remember(organization, key="x", value="after", writer="rogue")
    remember(organization, key="y", value="other", writer="sound")
    roll_back(organization, Rollback(writer="rogue", since=moment), "", SYSTEM)
    assert (value_of(organization, "x"), value_of(organization, "y")) == ("before", "other")
    roll_back(organization, Rollback(writer="rogue"), "", SYSTEM)
    assert value_of(organization, "x") is None


def test_a_rollback_of_nothing_touches_nothing(organization: Organization) -> None:
    remember(organization, key="x", value=1, writer="a")
    assert roll_back(organization, Rollback(), "", SYSTEM) == []


def test_another_organizations_memory_is_not_taken_back(organization: Organization) -> None:
    other = make_organization("globex")
    theirs = remember(other, key="x", value=1, writer="a", written_in=RUN)
    assert roll_back(organization, Rollback((RUN,)), "", SYSTEM) == []
    with pytest.raises(MemoryUnknown):
        entry(organization, theirs.pk)


def test_who_used_something_is_counted_by_run(organization: Organization) -> None:
    used = Used(UseKind.MEMORY, new_id(), "x", taint="from a page")
    for agent in ("a", "b"):
        note_uses(organization.pk, RUN, "s", agent, [used])
    [reader] = readers_of(organization, [used.used_id])
    assert (reader.run_id, reader.n, reader.agents) == (RUN, 2, ("a", "b"))
    assert tainted_reads(RUN) == [("x", "from a page")]
    assert readers_of(make_organization("globex"), [used.used_id]) == []


def test_examples_in_quarantine_are_not_learned_from(organization: Organization) -> None:
    base = saved(organization, "moods", examples={"good": ["I am happy."], "bad": ["I am sad."]})
    before = labelled_examples(organization, "moods").revision
    bad = base.documents.get(label="bad")
    quarantine_documents(base, [bad.pk], "Wrong label.", SYSTEM)
    after = labelled_examples(organization, "moods")
    assert (after.labels, after.revision == before) == (("good",), False)


def test_a_quarantined_document_is_not_reached_by_links_either(
    organization: Organization, articles: KnowledgeBase
) -> None:
    times = articles.documents.get(key="times")
    assert "times" in [hit.document_key for hit in search(organization, "articles", "second charge refunded")]
    quarantine_documents(articles, [times.pk], "", SYSTEM)
    assert "times" not in [hit.document_key for hit in search(organization, "articles", "second charge refunded")]
    assert document(articles, times.pk).quarantined_at is not None


def test_forgetting_leaves_a_record_and_nothing_else(organization: Organization) -> None:
    held = remember(organization, key="x", value="private", writer="a")
    forget(organization, held, "Asked to.", SYSTEM)
    assert not MemoryEntry.objects.exists()
    [record] = events(organization, kind="MemoryForgotten")
    assert "private" not in record.body
