"""Who can take a step, who has room for it, and what a tool is: looked up once in a transaction."""

from uuid import UUID

from coordination.agents.manifest import AgentSpec
from coordination.agents.models import Agent, Tool
from coordination.agents.selectors import candidates
from coordination.engine.flow.called import Target
from coordination.runs.admission import Admission


class Registry:
    """The agents and tools that one transaction asked for."""

    def __init__(self) -> None:
        self.admission = Admission()
        self._able: dict[tuple[UUID, str | None, str | None, str | None], list[Agent]] = {}
        self._specs: dict[UUID, AgentSpec] = {}
        self._tools: dict[tuple[UUID, str], Tool | None] = {}

    def able(self, organization_id: UUID, target: Target) -> list[Agent]:
        """Return the active agents that can take a step, the preferred one first."""
        key = (organization_id, target.name, target.role, target.capability)
        if key not in self._able:
            self._able[key] = candidates(
                organization_id, name=target.name, role=target.role, capability=target.capability
            )
        return self._able[key]

    def spec_of(self, agent: Agent) -> AgentSpec:
        """Return what an agent's manifest says."""
        if agent.pk not in self._specs:
            self._specs[agent.pk] = AgentSpec.model_validate(agent.spec)
        return self._specs[agent.pk]

    def tool(self, organization_id: UUID, name: str) -> Tool | None:
        """Return a tool, or None if there is no such tool."""
        key = (organization_id, name)
        if key not in self._tools:
            self._tools[key] = Tool.objects.filter(organization_id=organization_id, name=name).first()
        return self._tools[key]
