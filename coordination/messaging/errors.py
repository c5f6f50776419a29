"""What can go wrong about messages between agents."""

from coordination.shared.errors import Conflict, Invalid, NotFound


class AddressInvalid(Invalid):
    """{address} is nobody's address: write agent:NAME, role:NAME, capability:NAME, topic:NAME or all."""

    code = "message-address-invalid"


class MessageUnfit(Invalid):
    """The message cannot be kept: {problem}."""

    code = "message-unfit"


class MessageUnknown(NotFound):
    """There is no message {name} in this run."""

    code = "message-unknown"


class TooManyMessages(Conflict):
    """{why}"""

    code = "too-many-messages"
