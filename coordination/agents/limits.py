"""What a role and an agent's own limits leave it together."""

from collections.abc import Sequence

from coordination.agents.manifest import AgentSpec, RoleSpec
from coordination.shared.json import Json, JsonObject


def limits_of(agent: AgentSpec, role: RoleSpec) -> JsonObject:
    """Return authority, readable classifications and usable tools: always the narrower of the two."""
    return {
        "authority": role.authority if agent.authority is None else min(agent.authority, role.authority),
        "reads": _narrower(agent.reads, role.reads),
        "tools": [name for name in _narrower(agent.tools, role.tools) if name not in agent.never],
        "never": list(agent.never),
    }


def _narrower(own: Sequence[str] | None, role: Sequence[str]) -> list[Json]:
    return list(role) if own is None else [item for item in own if item in role]
