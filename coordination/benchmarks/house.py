"""A small organization to measure with: agents that do nothing, and one policy that looks at every call."""

import time
from typing import Any

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.accounts.services import create_organization
from coordination.adapters.ports import Reach, Result, Task, agent
from coordination.agents.services import save_agent, save_role
from coordination.engine.manifest import Manifest
from coordination.policies import services as policies
from coordination.shared.ids import new_id
from coordination.workflows import services as workflows

MODULES = "coordination.benchmarks"
CAPABILITY = "do.nothing"
NAP_S = 0.2
_RULE = {
    "key": "authority",
    "title": "Authority",
    "statement": "Agents with too much authority do no chores.",
    "hooks": ["agent.call"],
    "when": "agent.authority > 4",
    "effect": "deny",
}


@agent
def nothing(task: Task, reach: Reach) -> Result:
    """Do nothing, successfully."""
    return Result(output={}, confidence=1.0)


@agent
def nap(task: Task, reach: Reach) -> Result:
    """Take as long as a quick service on the network does."""
    time.sleep(NAP_S)
    return Result(output={}, confidence=1.0)


def make_house() -> Organization:
    """Return a new organization with one agent that does nothing and a policy that every call is checked against."""
    organization = create_organization(f"bench-{new_id().hex[-12:]}", "Benchmark")
    save_role(organization, _manifest("Role", "worker", {"capabilities": [CAPABILITY]}), SYSTEM)
    add_agent(organization, "nothing")
    policy = policies.save_draft(organization, _manifest("Policy", "chores", {"rules": [_RULE]}), SYSTEM)
    policies.publish(policy.policy, policy.number, SYSTEM)
    return organization


def add_agent(organization: Organization, name: str, does: str = "nothing") -> None:
    """Register an agent that does nothing, at once or after a nap."""
    spec = {"role": "worker", "capabilities": [CAPABILITY], "adapter": {"python": f"{__name__}.{does}"}}
    save_agent(organization, _manifest("Agent", name, spec), SYSTEM)


def publish(organization: Organization, name: str, steps: list[dict[str, Any]]) -> None:
    """Bring a workflow into force."""
    version = workflows.save_draft(organization, _manifest("Workflow", name, {"steps": steps}), SYSTEM)
    workflows.publish(organization, name, version.number, SYSTEM)


def chain_of(length: int) -> list[dict[str, Any]]:
    """Return steps that do nothing one after the other."""
    call = {"capability": CAPABILITY}
    return [
        {"id": f"s{number}", "needs": [f"s{number - 1}"] if number else [], "agent": call} for number in range(length)
    ]


def map_and_join(concurrency: int) -> list[dict[str, Any]]:
    """Return a step that does nothing for each of the input's items, and one that waits for all of them."""
    # Without an input of its own every item would be handed the whole list.
    each = {
        "over": "${input.items}",
        "concurrency": concurrency,
        "agent": {"capability": CAPABILITY},
        "input": {"value": "${item}"},
    }
    return [{"id": "each", "map": each}, {"id": "join", "needs": ["each"], "agent": {"capability": CAPABILITY}}]


def _manifest(kind: str, name: str, spec: dict[str, Any]) -> Manifest:
    return Manifest.model_validate({"kind": kind, "metadata": {"name": name}, "spec": spec})
