"""Shared memory."""

import pytest

from coordination.accounts.models import Organization
from coordination.memory.errors import MemoryChanged
from coordination.memory.selectors import recall, remembered
from coordination.memory.services import remember
from coordination.shared.ids import new_id
from tests.factories import make_organization

RUN = new_id()


def test_what_is_written_is_read_again(organization: Organization) -> None:
    remember(organization, run_id=RUN, key="plan", value={"steps": [1, 2]}, writer="planner", confidence=0.7)
    entry = recall(organization, RUN, "plan")
    assert entry is not None
    assert (entry.value, entry.writer, entry.confidence, entry.version) == ({"steps": [1, 2]}, "planner", 0.7, 1)


def test_nothing_is_a_value_too(organization: Organization) -> None:
    remember(organization, run_id=RUN, key="plan", value=None, writer="planner")
    entry = recall(organization, RUN, "plan")
    assert entry is not None
    assert entry.value is None


def test_runs_organizations_and_scopes_are_apart(organization: Organization) -> None:
    remember(organization, run_id=RUN, key="x", value=1, writer="a")
    remember(organization, key="x", value=2, writer="a")
    remember(organization, run_id=RUN, key="x", value=3, writer="a", scope="notes")
    found = [recall(organization, RUN, "x"), recall(organization, None, "x"), recall(organization, RUN, "x", "notes")]
    assert [entry and entry.value for entry in found] == [1, 2, 3]
    assert recall(make_organization("globex"), RUN, "x") is None
    assert remembered(organization, RUN).count() == 2


def test_writing_again_makes_a_version(organization: Organization) -> None:
    remember(organization, key="x", value=1, writer="a")
    assert remember(organization, key="x", value=2, writer="b").version == 2
    assert remembered(organization).count() == 1


def test_whoever_read_an_older_version_is_told(organization: Organization) -> None:
    remember(organization, key="x", value=1, writer="a", expected_version=0)
    with pytest.raises(MemoryChanged, match="version 1"):
        remember(organization, key="x", value=2, writer="b", expected_version=0)
    assert remember(organization, key="x", value=2, writer="b", expected_version=1).version == 2
