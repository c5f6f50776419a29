"""Agents, roles and tools."""

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.agents import selectors, services
from coordination.agents.models import Agent, AgentStatus, Autonomy, Role, Tool
from coordination.api.catalogue import Labelled, Shelf, addresses, answer_of
from coordination.api.describing import takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, Reason
from coordination.manifests.kinds import manifest
from coordination.policies.services import ask_about_change
from coordination.shared.json import JsonObject

ANSWER = {"$ref": "#/components/schemas/Agent.Answer"}
# How the API names how far an agent acts by itself.
LEVELS = {
    "proposes": Autonomy.PROPOSES,
    "asks": Autonomy.ASKS,
    "asks-when-risky": Autonomy.ASKS_WHEN_RISKY,
    "sampled": Autonomy.SAMPLED,
    "as-policies-say": Autonomy.AS_POLICIES_SAY,
}


class AgentFilters(Labelled):
    """Which agents to list."""

    status = serializers.ChoiceField(AgentStatus.values, required=False)
    capability = serializers.CharField(max_length=63, required=False)
    role = serializers.CharField(max_length=63, required=False)


class SuspendInput(Input):
    """Why an agent is suspended."""

    reason = serializers.CharField(max_length=500)


class Suspend(Endpoint):
    """Stop giving an agent work."""

    writes = Right.STOP

    @takes("agents_suspend", SuspendInput, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Suspend the agent everywhere: what it does now is given up within a second."""
        reason = self.given(SuspendInput)["reason"]
        return Response(_agent(services.suspend_agent(self.organization, name, self.caller.actor, reason)))


class Resume(Endpoint):
    """Let a suspended agent work again."""

    writes = Right.STOP

    @takes("agents_resume", Reason, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Resume the agent."""
        reason = self.given(Reason)["reason"]
        ask_about_change(self.organization, self.caller.actor, "agent", "resume", name)
        return Response(_agent(services.resume_agent(self.organization, name, self.caller.actor, reason)))


def _agents(organization: Organization, *, role: str = "", **asked: Any) -> QuerySet[Agent]:
    found = selectors.agents(organization, **asked)
    return found.filter(role_name=role) if role else found


def _agent(row: Agent) -> JsonObject:
    said = manifest("Agent", row, row.spec)
    autonomy = next(word for word, level in LEVELS.items() if level == row.autonomy)
    return answer_of(said, row, row.status, row.version, status_reason=row.status_reason, autonomy=autonomy)


def _kept(row: Role | Tool) -> JsonObject:
    kind = "Role" if isinstance(row, Role) else "Tool"
    return answer_of(manifest(kind, row, row.spec), row, "active", row.version)


AGENTS = Shelf(
    kind="Agent",
    edits=Right.AGENT_EDIT,
    rows=_agents,
    shown=_agent,
    save=services.save_agent,
    remove=services.remove_agent,
)
ROLES = Shelf(
    kind="Role",
    edits=Right.AGENT_EDIT,
    rows=selectors.roles,
    shown=_kept,
    save=services.save_role,
    remove=services.remove_role,
)
TOOLS = Shelf(
    kind="Tool",
    edits=Right.AGENT_EDIT,
    rows=selectors.tools,
    shown=_kept,
    save=services.save_tool,
    remove=services.remove_tool,
)

urlpatterns = [
    *addresses("agents", AGENTS, AgentFilters),
    path("agents/<str:name>/suspend/", Suspend.as_view()),
    path("agents/<str:name>/resume/", Resume.as_view()),
    *addresses("roles", ROLES),
    *addresses("tools", TOOLS),
]
