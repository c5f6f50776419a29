"""What can go wrong about notifications."""

from coordination.shared.errors import Conflict, Invalid, NotFound


class ItemUnknown(NotFound):
    """There is no notification {name}."""


class WebhookUnknown(NotFound):
    """There is no webhook {name}."""


class DeliveryUnknown(NotFound):
    """There is no delivery {name}."""


class WebhookInvalid(Invalid):
    """This webhook is not valid: {problem}"""

    code = "webhook-invalid"


class WebhookKnown(Conflict):
    """There is a webhook of this name already: {name}."""

    code = "webhook-known"


class WishInvalid(Invalid):
    """These settings are not valid: {problem}"""

    code = "notification-settings-invalid"


class NoAddress(Conflict):
    """There is no e-mail address to write to; an admin can add one to your account."""

    code = "no-address"


class NothingToRepeat(Conflict):
    """Only what was given up can be tried again; this delivery is {state}."""

    code = "nothing-to-repeat"
