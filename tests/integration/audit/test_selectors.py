"""The record can be searched by who, what, which and when."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.audit.models import AuditEvent
from coordination.audit.services import Entry, append
from tests.factories import make_organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organization:
    organization = make_organization()
    append(organization.id, "run:1", "user:manager", [Entry("RunStarted"), Entry("StepReady", object="step:send")])
    append(organization.id, "agents", "user:admin", [Entry("AgentSaved", object="agent:writer")])
    append(make_organization("globex").id, "run:1", "user:manager", [Entry("RunStarted")])
    return organization


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        ({}, ["AgentSaved", "StepReady", "RunStarted"]),
        ({"actor": "user:manager"}, ["StepReady", "RunStarted"]),
        ({"object": "step:send"}, ["StepReady"]),
        ({"kind": "RunStarted"}, ["RunStarted"]),
        ({"stream": "agents"}, ["AgentSaved"]),
        ({"stream": "agents", "kind": "RunStarted"}, []),
    ],
)
def test_filters_narrow(acme: Organization, wanted: dict[str, Any], kinds: list[str]) -> None:
    assert [event.kind for event in selectors.events(acme, **wanted)] == kinds


def test_time_includes_its_start_and_not_its_end(acme: Organization) -> None:
    at = AuditEvent.objects.get(kind="AgentSaved").occurred_at
    assert [event.kind for event in selectors.events(acme, since=at)] == ["AgentSaved"]
    assert [event.kind for event in selectors.events(acme, until=at)] == ["StepReady", "RunStarted"]
    assert not selectors.events(acme, since=at + timedelta(microseconds=1)).exists()


def test_heads_tell_how_long_streams_are(acme: Organization) -> None:
    assert [(head.name, head.length) for head in selectors.heads(acme)] == [("agents", 1), ("run:1", 2)]
