"""Two organizations whose people open the pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coordination.accounts.models import Membership
from coordination.accounts.services import create_organization
from coordination.approvals.models import ApprovalRequest
from coordination.runs.models import Run
from tests.integration.runs.conftest import World, make_world

SEND = {
    "id": "send",
    "title": "Send",
    "action": {"tool": "mail.send", "args": {"text": "${input.text}", "amount": "${input.amount}"}},
}
SCHEMA = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string"}, "amount": {"type": "number", "minimum": 0}},
}


class House:
    """An organization, its people, and their browsers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.organization = world.organization
        self.people: dict[str, Membership] = {}

    def enter(self, name: str, *roles: str, groups: tuple[str, ...] = ()) -> Client:
        """Return the browser of a member, who is made if new."""
        if name not in self.people:
            self.people[name] = self.world.member(name, *roles, groups=groups)
        client = Client()
        client.force_login(self.people[name].user)
        return client

    def ask(self, text: str = "Dear all", amount: float = 5) -> ApprovalRequest:
        """Start a run that ends up asking a person, and return the question."""
        run: Run = self.world.run({"text": text, "amount": amount})
        return ApprovalRequest.objects.get(subject=f"run:{run.pk}/step:send", state="pending")


@pytest.fixture
def house(db: None, settings: Any) -> House:
    world = make_world(settings)
    world.tool("mail.send", input=SCHEMA)
    world.workflow(SEND)
    return House(world)


@pytest.fixture
def other(house: House) -> House:
    world = World(create_organization("globex", "Globex"))
    return House(world)


@pytest.fixture
def queries() -> Callable[[Client, str], int]:
    def count(client: Client, path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    return count
