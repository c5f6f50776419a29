"""What changes about agents, roles and tools; each change is a new version and an audit record."""

from typing import Any, TypeVar

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.agents.errors import (
    AgentUnknown,
    AlreadySuspended,
    AlreadyThere,
    NotSuspended,
    RoleInUse,
    RoleUnknown,
)
from coordination.agents.limits import limits_of
from coordination.agents.manifest import AgentSpec, RoleSpec, ToolSpec
from coordination.agents.models import (
    Agent,
    AgentStatus,
    AgentVersion,
    Autonomy,
    Role,
    RoleVersion,
    Tool,
    ToolVersion,
)
from coordination.agents.selectors import agent_named, role_named, tool_named
from coordination.audit.services import Entry, append
from coordination.engine.manifest import Manifest, Problem
from coordination.engine.proof.canonical import digest_of
from coordination.shared.clock import now
from coordination.shared.json import Json, JsonObject
from coordination.shared.live import ring
from coordination.shared.manifests import checked, refuse

STREAM = "agents"
Definition = TypeVar("Definition", Role, Agent, Tool)


@transaction.atomic
def save_role(organization: Organization, manifest: Manifest, actor: Actor) -> Role:
    """Make or change a role; its agents' limits follow."""
    spec = checked(manifest.spec, RoleSpec)
    role = _open(Role, organization, manifest)
    if not _advance(role, spec.model_dump(mode="json"), manifest):
        return role
    role.save()
    RoleVersion.objects.create(role=role, **_version(role, actor))
    for agent in Agent.objects.select_for_update().filter(organization=organization, role_name=role.name):
        agent.limits = limits_of(AgentSpec.model_validate(agent.spec), spec)
        agent.save(update_fields=["limits", "updated_at"])
    _record(organization, actor, "RoleSaved", f"role:{role.name}", role.version, role.spec)
    return role


@transaction.atomic
def save_agent(organization: Organization, manifest: Manifest, actor: Actor) -> Agent:
    """Make or change an agent; raises RoleUnknown, ManifestInvalid."""
    spec = checked(manifest.spec, AgentSpec)
    role = Role.objects.filter(organization=organization, name=spec.role).first()
    if role is None:
        raise RoleUnknown(name=spec.role)
    role_spec = RoleSpec.model_validate(role.spec)
    beyond = [name for name in spec.capabilities if role_spec.capabilities and name not in role_spec.capabilities]
    if beyond:
        at = spec.capabilities.index(beyond[0])
        raise refuse([Problem(f"/spec/capabilities/{at}", f"the role {role.name} does not include {beyond[0]}")])
    agent = _open(Agent, organization, manifest)
    if not _advance(agent, spec.model_dump(mode="json"), manifest):
        return agent
    agent.role_name, agent.capabilities, agent.pool = spec.role, spec.capabilities, spec.pool
    agent.priority, agent.limits = spec.priority, limits_of(spec, role_spec)
    agent.save()
    AgentVersion.objects.create(agent=agent, **_version(agent, actor))
    _record(organization, actor, "AgentSaved", f"agent:{agent.name}", agent.version, agent.spec)
    return agent


@transaction.atomic
def save_tool(organization: Organization, manifest: Manifest, actor: Actor) -> Tool:
    """Make or change a tool; raises ManifestInvalid."""
    spec = checked(manifest.spec, ToolSpec)
    tool = _open(Tool, organization, manifest)
    if not _advance(tool, spec.model_dump(mode="json"), manifest):
        return tool
    tool.save()
    ToolVersion.objects.create(tool=tool, **_version(tool, actor))
    _record(organization, actor, "ToolSaved", f"tool:{tool.name}", tool.version, tool.spec)
    return tool


def suspend_agent(organization: Organization, name: str, actor: Actor, reason: str) -> Agent:
    """Stop giving an agent work; workers give up what it does now within a second."""
    return _turn(organization, name, AgentStatus.SUSPENDED, actor, reason)


def resume_agent(organization: Organization, name: str, actor: Actor, reason: str = "") -> Agent:
    """Let a suspended agent work again."""
    return _turn(organization, name, AgentStatus.ACTIVE, actor, reason)


@transaction.atomic
def set_autonomy(
    organization: Organization, name: str, level: Autonomy, actor: Actor, reason: str, about: JsonObject | None = None
) -> Agent:
    """Write down how far an agent acts by itself, and what is known about that; raises AgentUnknown, AlreadyThere."""
    agent = Agent.objects.select_for_update().filter(organization=organization, name=name).first()
    if agent is None:
        raise AgentUnknown(name=name)
    if agent.autonomy == level:
        raise AlreadyThere(name=name)
    before, agent.autonomy, agent.autonomy_reason = agent.autonomy, level, reason
    agent.autonomy_at, agent.autonomy_version = now(), agent.version
    agent.save(update_fields=["autonomy", "autonomy_reason", "autonomy_at", "autonomy_version", "updated_at"])
    said: JsonObject = {"from": before, "to": int(level), "reason": reason, **(about or {})}
    _record(organization, actor, "AutonomySet", f"agent:{name}", agent.version, said)
    return agent


@transaction.atomic
def remove_role(organization: Organization, name: str, actor: Actor) -> None:
    """Forget a role that no agent plays; raises NotFound, RoleInUse."""
    role = role_named(organization, name)
    players = Agent.objects.filter(organization=organization, role_name=name).order_by("name")
    if players:
        raise RoleInUse(name=name, agents=", ".join(agent.name for agent in players))
    _forget(role, "RoleRemoved", f"role:{name}", actor)


@transaction.atomic
def remove_agent(organization: Organization, name: str, actor: Actor) -> None:
    """Forget an agent; what it did stays on record. Raises AgentUnknown."""
    _forget(agent_named(organization, name), "AgentRemoved", f"agent:{name}", actor)


@transaction.atomic
def remove_tool(organization: Organization, name: str, actor: Actor) -> None:
    """Forget a tool: the gate releases nothing to it any more. Raises ToolUnknown."""
    _forget(tool_named(organization, name), "ToolRemoved", f"tool:{name}", actor)


@transaction.atomic
def _turn(organization: Organization, name: str, status: AgentStatus, actor: Actor, reason: str) -> Agent:
    agent = Agent.objects.select_for_update().filter(organization=organization, name=name).first()
    if agent is None:
        raise AgentUnknown(name=name)
    if agent.status == status:
        raise AlreadySuspended(name=name) if status == AgentStatus.SUSPENDED else NotSuspended(name=name)
    agent.status, agent.status_reason = status, reason
    agent.save(update_fields=["status", "status_reason", "updated_at"])
    kind = "AgentSuspended" if status == AgentStatus.SUSPENDED else "AgentResumed"
    _record(organization, actor, kind, f"agent:{name}", agent.version, {"reason": reason})
    return agent


def _forget(thing: Role | Agent | Tool, kind: str, about: str, actor: Actor) -> None:
    organization, version, spec = thing.organization, thing.version, thing.spec
    thing.delete()
    _record(organization, actor, kind, about, version, spec)


def _open(model: type[Definition], organization: Organization, manifest: Manifest) -> Definition:
    """Return the locked row that has the manifest's name, or a new one."""
    name = manifest.metadata.name
    found = model.objects.select_for_update().filter(organization=organization, name=name).first()
    return found or model(organization=organization, name=name)


def _advance(thing: Role | Agent | Tool, spec: dict[str, Any], manifest: Manifest) -> bool:
    """Take over what the manifest says; tell whether anything changed."""
    meta = manifest.metadata
    says = (spec, meta.title, meta.description, meta.labels)
    if thing.version and says == (thing.spec, thing.title, thing.description, thing.labels):
        return False
    thing.spec, thing.title, thing.description, thing.labels = says
    thing.version += 1
    return True


def _version(thing: Role | Agent | Tool, actor: Actor) -> dict[str, Any]:
    return {
        "number": thing.version,
        "spec": thing.spec,
        "digest": digest_of(thing.spec),
        "created_by": actor.name,
    }


def _record(
    organization: Organization, actor: Actor, kind: str, about: str, version: int, data: dict[str, Json]
) -> None:
    append(organization.id, STREAM, actor, [Entry(kind, {"version": version, "says": data}, object=about)])
    ring(organization.id, "agents")
