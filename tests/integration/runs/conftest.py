"""A small organization with agents and tools that tests can steer."""

from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Membership, Organization
from coordination.accounts.services import add_member, create_organization
from coordination.agents.services import save_agent, save_role, save_tool
from coordination.engine.manifest import Manifest
from coordination.policies import services as policies
from coordination.runs.models import Run
from coordination.runs.services import start_run
from coordination.workflows import services as workflows
from tests import acting
from tests.working import work_off


def manifest(kind: str, name: str, spec: dict[str, Any]) -> Manifest:
    return Manifest.model_validate({"kind": kind, "metadata": {"name": name}, "spec": spec})


class World:
    """What a test says about the organization, and the worker that carries it out in this thread."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization

    def member(self, name: str, *roles: str, groups: tuple[str, ...] = ()) -> Membership:
        return add_member(self.organization, name, roles, groups=groups)

    def agent(self, name: str, does: str = "echo", *, role: str = "worker", **spec: Any) -> None:
        spec = {"role": role, "capabilities": ["work"], "adapter": {"python": f"tests.acting.{does}"}, **spec}
        save_agent(self.organization, manifest("Agent", name, spec), SYSTEM)

    def tool(self, name: str, does: str = "send", **spec: Any) -> None:
        spec = {"adapter": {"python": f"tests.acting.{does}"}, "amount": "amount", **spec}
        save_tool(self.organization, manifest("Tool", name, spec), SYSTEM)

    def policy(self, name: str, **rule: Any) -> None:
        rule = {"key": "rule", "title": name, "statement": f"{name} speaks.", "hooks": ["action"], **rule}
        version = policies.save_draft(self.organization, manifest("Policy", name, {"rules": [rule]}), SYSTEM)
        policies.publish(version.policy, version.number, SYSTEM)

    def workflow(self, *steps: dict[str, Any], name: str = "flow", **spec: Any) -> None:
        saved = workflows.save_draft(
            self.organization, manifest("Workflow", name, {"steps": list(steps), **spec}), SYSTEM
        )
        # Not published: what it asks for may be missing, so that tests see how a run gets along without.
        workflows.bring_into_force(self.organization, name, saved.number, SYSTEM)

    def start(self, value: dict[str, Any] | None = None, **options: Any) -> Run:
        options = {"actor": SYSTEM, **options}
        return start_run(self.organization, "flow", value or {}, **options)

    def work(self, run: Run) -> Run:
        return work_off(run)

    def run(self, value: dict[str, Any] | None = None, **options: Any) -> Run:
        return self.work(self.start(value, **options))


def make_world(settings: Any, name: str = "acme") -> World:
    """Return a new organization with an agent that echoes and a tool that remembers."""
    settings.AGENT_MODULES = ["tests.acting"]
    acting.sent.clear()
    made = World(create_organization(name, name.title()))
    role = {"capabilities": [], "reads": ["public"], "tools": ["mail.send", "pay.refund"], "authority": 3}
    save_role(made.organization, manifest("Role", "worker", role), SYSTEM)
    made.agent("echo")
    made.tool("mail.send")
    return made


@pytest.fixture
def world(db: None, settings: Any) -> World:
    return make_world(settings)
