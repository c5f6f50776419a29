"""What can go wrong about policies and their versions."""

from coordination.shared.errors import Conflict, NotFound


class PolicyUnknown(NotFound):
    """There is no policy named {name}."""

    code = "policy-unknown"


class VersionUnknown(NotFound):
    """The policy {name} has no version {number}."""

    code = "version-unknown"


class DecisionUnknown(NotFound):
    """There is no decision {id}."""

    code = "decision-unknown"


class NotADraft(Conflict):
    """Version {number} of {name} is {status}; only a draft can be published, an older version can be rolled back to."""

    code = "not-a-draft"


class NeverEnforced(Conflict):
    """Version {number} of {name} was never enforced, so there is nothing to roll back to; publish it instead."""

    code = "never-enforced"


class NotEnforced(Conflict):
    """The policy {name} is not enforced."""

    code = "not-enforced"


class OnceEnforced(Conflict):
    """The policy {name} was enforced, and decisions on record name it; disable it instead of removing it."""

    code = "once-enforced"
