"""Which agents, roles and tools there are, and who can take a step."""

from uuid import UUID

from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.agents.errors import AgentUnknown, ToolUnknown
from coordination.agents.models import Agent, AgentStatus, Role, Tool
from coordination.shared.errors import NotFound
from coordination.shared.pipeline import Prepared


def agents(organization: Organization, *, status: str = "", capability: str = "") -> QuerySet[Agent]:
    """Return the organization's agents by name."""
    found = Agent.objects.filter(organization=organization)
    if status:
        found = found.filter(status=status)
    if capability:
        found = found.filter(capabilities__contains=[capability])
    return found.order_by("name")


def agent_named(organization: Organization, name: str) -> Agent:
    """Return one agent; raises AgentUnknown."""
    agent = Agent.objects.filter(organization=organization, name=name).first()
    if agent is None:
        raise AgentUnknown(name=name)
    return agent


def roles(organization: Organization) -> QuerySet[Role]:
    """Return the organization's roles by name."""
    return Role.objects.filter(organization=organization).order_by("name")


def role_named(organization: Organization, name: str) -> Role:
    """Return one role; raises NotFound."""
    role = Role.objects.filter(organization=organization, name=name).first()
    if role is None:
        raise NotFound(kind="role", name=name)
    return role


def tools(organization: Organization) -> QuerySet[Tool]:
    """Return the organization's tools by name."""
    return Tool.objects.filter(organization=organization).order_by("name")


def tool_named(organization: Organization, name: str) -> Tool:
    """Return one tool; raises ToolUnknown."""
    tool = Tool.objects.filter(organization=organization, name=name).first()
    if tool is None:
        raise ToolUnknown(name=name)
    return tool


def _able(organization_id: UUID, **wanted: object) -> QuerySet[Agent]:
    active = Agent.objects.filter(organization_id=organization_id, status=AgentStatus.ACTIVE, **wanted)
    return active.order_by("-priority", "name")


_ANY = (UUID(int=1), "?")
_NAMED = Prepared(lambda organization_id, name: _able(organization_id, name=name), *_ANY)
_IN_ROLE = Prepared(lambda organization_id, role: _able(organization_id, role_name=role), *_ANY)
_WITH = Prepared(lambda organization_id, name: _able(organization_id, capabilities__contains=[name]), *_ANY)


def candidates(
    organization_id: UUID, *, name: str | None = None, role: str | None = None, capability: str | None = None
) -> list[Agent]:
    """Return the active agents that can take a step, the preferred one first; exactly one of the three is asked."""
    if name is not None:
        return _NAMED.send(organization_id, name).rows()
    if role is not None:
        return _IN_ROLE.send(organization_id, role).rows()
    return _WITH.send(organization_id, capability).rows()
