"""Agents, the roles they play, the tools they may use, and the versions of all three."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from coordination.accounts.named import Named, Version


class Role(Named):
    """What agents of a kind may do: authority, capabilities, what they read, which tools they use."""

    version = models.PositiveIntegerField(default=0)
    spec = models.JSONField(default=dict)


class RoleVersion(Version):
    """A role as it was."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="versions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "number"], name="role_version_once")]


class AgentStatus(models.TextChoices):
    """Whether an agent is called at all."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Autonomy(models.IntegerChoices):
    """How far an agent acts by itself; policies may always ask for more."""

    PROPOSES = 0, "Proposes only"
    ASKS = 1, "Asks before each act"
    ASKS_WHEN_RISKY = 2, "Asks before risky acts"
    SAMPLED = 3, "Asks before one act in ten"
    AS_POLICIES_SAY = 4, "Acts as policies allow"


class Pool(models.TextChoices):
    """Where an agent works: waiting on the network (threads) or computing (processes)."""

    IO = "io"
    CPU = "cpu"


class Agent(Named):
    """A model, bot or service that can be given steps; the columns mirror the current version for look-ups."""

    version = models.PositiveIntegerField(default=0)
    spec = models.JSONField(default=dict)
    status = models.CharField(max_length=20, choices=AgentStatus.choices, default=AgentStatus.ACTIVE)
    status_reason = models.CharField(max_length=500, blank=True)
    autonomy = models.PositiveSmallIntegerField(choices=Autonomy.choices, default=Autonomy.AS_POLICIES_SAY)
    autonomy_reason = models.CharField(max_length=500, blank=True)
    # When a person placed it on the ladder, and in which version: from then on it may fall. Nobody has, so far: null.
    autonomy_at = models.DateTimeField(null=True)
    autonomy_version = models.PositiveIntegerField(null=True)
    role_name = models.CharField(max_length=63, blank=True)
    capabilities = ArrayField(models.CharField(max_length=63), default=list)
    pool = models.CharField(max_length=3, choices=Pool.choices, default=Pool.IO)
    priority = models.PositiveSmallIntegerField(default=50)
    # What the role and the agent's own limits leave it: {authority, reads, tools, never}.
    limits = models.JSONField(default=dict)

    class Meta(Named.Meta):
        indexes = [GinIndex(fields=["capabilities"], name="agent_capabilities")]


class AgentVersion(Version):
    """An agent as it was."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="versions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "number"], name="agent_version_once")]


class Tool(Named):
    """Something that acts on the world; only the gate calls it."""

    version = models.PositiveIntegerField(default=0)
    spec = models.JSONField(default=dict)


class ToolVersion(Version):
    """A tool as it was."""

    tool = models.ForeignKey(Tool, models.CASCADE, related_name="versions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tool", "number"], name="tool_version_once")]
