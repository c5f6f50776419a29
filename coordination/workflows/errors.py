"""What can go wrong about workflows."""

from coordination.shared.errors import Conflict, NotFound


class WorkflowUnknown(NotFound):
    """There is no workflow named {name}."""

    code = "workflow-unknown"


class VersionUnknown(NotFound):
    """The workflow {name} has no version {number}."""

    code = "version-unknown"


class NotPublished(Conflict):
    """The workflow {name} has no published version yet; publish it first."""

    code = "not-published"


class WorkflowStopped(Conflict):
    """The workflow {name} is stopped: no run of it starts until a person lets it go on."""

    code = "workflow-stopped"


class WorkflowInUse(Conflict):
    """The workflow {name} has runs, which keep it on record; it cannot be removed."""

    code = "workflow-in-use"
