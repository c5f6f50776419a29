"""An organization whose agent and tools are those of recorded runs, and whose every call goes through the guard."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.accounts.services import create_organization
from coordination.agents.services import save_agent, save_role, save_tool
from coordination.engine.manifest import Manifest
from coordination.manifests.applying import apply, load
from coordination.policies.models import PolicyDecision
from coordination.runs.services import guard_action
from coordination.shared.ids import new_id

POLICIES: Final = Path(__file__).parent / "policies"
AGENT: Final = "recorded"
_ELSEWHERE: Final = {"http": {"url": "http://127.0.0.1:9/"}}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A tool of the recorded runs: whether it changes or sends something, and the arguments it was called with."""

    name: str
    writes: bool
    arguments: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard said about one call, and what each rule said."""

    held: bool
    rules: frozenset[str]


def house_with(policy: str, tools: Iterable[Recorded]) -> Organization:
    """Return a new organization with these tools, one agent that may call all of them, and the policy in force."""
    organization = create_organization(f"bench-{new_id().hex[-12:]}", "Benchmark")
    tools = list(tools)
    names = [registered(tool.name) for tool in tools]
    for tool in tools:
        properties: dict[str, Any] = {name: {} for name in sorted(tool.arguments)}
        spec = {
            "adapter": _ELSEWHERE,
            "input": {"type": "object", "properties": properties},
            "effect": "write" if tool.writes else "read",
            # Looking changes nothing, so there is nothing to take back.
            "reversibility": "irreversible" if tool.writes else "reversible",
        }
        save_tool(organization, _manifest("Tool", registered(tool.name), spec), SYSTEM)
    save_role(organization, _manifest("Role", "assistant", {"capabilities": ["assist"], "tools": names}), SYSTEM)
    agent = {"role": "assistant", "capabilities": ["assist"], "adapter": _ELSEWHERE}
    save_agent(organization, _manifest("Agent", AGENT, agent), SYSTEM)
    apply(organization, load(POLICIES / f"{policy}.yaml"), SYSTEM)
    return organization


def registered(tool: str) -> str:
    """Return the name under which a tool of the traces is registered here: names have no underscores."""
    return tool.replace("_", "-")


def ask(organization: Organization, tool: str, args: dict[str, Any], context: dict[str, Any]) -> Verdict:
    """Ask the guard about one call as an agent that runs elsewhere does."""
    answer = guard_action(organization, AGENT, registered(tool), args, context, SYSTEM)
    decision = PolicyDecision.objects.get(pk=answer.decision_id)
    spoke = {result["rule"] for result in decision.results if result["result"] is not False}
    return Verdict(answer.decision != "allow", frozenset(spoke))


def _manifest(kind: str, name: str, spec: dict[str, Any]) -> Manifest:
    return Manifest.model_validate({"kind": kind, "metadata": {"name": name}, "spec": spec})
