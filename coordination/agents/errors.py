"""What can go wrong about agents, roles and tools."""

from coordination.shared.errors import Conflict, Invalid, NotFound


class AgentUnknown(NotFound):
    """There is no agent named {name}."""

    code = "agent-unknown"


class ToolUnknown(NotFound):
    """There is no tool named {name}."""

    code = "tool-unknown"


class RoleUnknown(Invalid):
    """There is no role named {name}; make it first, or correct the name."""

    code = "role-unknown"


class NotEarned(Conflict):
    """The record of {name} does not support this: {why} Say `despite` to raise it all the same."""

    code = "autonomy-not-earned"


class AlreadyThere(Conflict):
    """{name} has this autonomy already."""

    code = "autonomy-unchanged"


class AlreadySuspended(Conflict):
    """The agent {name} is already suspended."""

    code = "already-suspended"


class NotSuspended(Conflict):
    """The agent {name} is not suspended."""

    code = "not-suspended"


class RoleInUse(Conflict):
    """The role {name} is played by {agents}; give them another role first."""

    code = "role-in-use"
