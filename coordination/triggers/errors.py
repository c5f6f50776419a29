"""What can go wrong about triggers."""

from typing import ClassVar

from coordination.shared.errors import Conflict, CoordinationError, Invalid, NotFound


class TriggerUnknown(NotFound):
    """There is no trigger named {name}."""

    code = "trigger-unknown"


class TriggerInvalid(Invalid):
    """The trigger is not valid: {summary}"""

    code = "trigger-invalid"


class AlreadyPaused(Conflict):
    """The trigger {name} is paused already."""

    code = "already-paused"


class NotPaused(Conflict):
    """The trigger {name} is not paused."""

    code = "not-paused"


class NotAWebhook(Conflict):
    """The trigger {name} is not a webhook and has no secret."""

    code = "not-a-webhook"


class HookUnknown(NotFound):
    """There is no hook at this address."""

    code = "hook-unknown"


class SignatureInvalid(CoordinationError):
    """The signature does not fit: {problem}."""

    code = "signature-invalid"
    status = 401
    auth_header = "HMAC-SHA256"


class HookPaused(Conflict):
    """This hook is paused; nothing was started."""

    code = "hook-paused"


class TooManyCalls(CoordinationError):
    """This hook takes {limit} calls a minute; try again in a minute."""

    code = "too-many-calls"
    status = 429
    wait: ClassVar[int] = 60


class DeliveryRefused(Invalid):
    """Nothing was started: {reason}"""

    code = "delivery-refused"
